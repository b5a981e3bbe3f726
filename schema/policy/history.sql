-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- The triggers that write the history, and those that refuse to change it.
--
-- These triggers are created last: of the triggers for one event, SQLite runs
-- the one first that was created last, and a change has to be recorded before
-- what follows from it (follow_up.sql), or undo would take it back too late.

-- --- history -----------------------------------------------------------------

-- A row that SQLite is to number has the number -1 here.
CREATE TRIGGER history_insert_checked BEFORE INSERT ON history
WHEN new.revision IN (SELECT revision FROM history)
BEGIN
	SELECT RAISE(ABORT, 'history: what happened can''t be changed, see vmauthz undo');
END;
CREATE TRIGGER history_update_refused BEFORE UPDATE ON history
BEGIN
	SELECT RAISE(ABORT, 'history: what happened can''t be changed, see vmauthz undo');
END;
CREATE TRIGGER history_delete_checked BEFORE DELETE ON history
WHEN old.revision <> (SELECT min(revision) FROM history)
BEGIN
	SELECT RAISE(ABORT, 'history: only the oldest revisions can be deleted, from the first on, as in DELETE FROM history WHERE revision <= 1000');
END;
-- What the history records of a credential, without the secrets.
CREATE VIEW credential_images (user_name, image) AS
SELECT user_name, $image(credentials) FROM credentials;
$each_table

CREATE TRIGGER $table_insert_kept AFTER INSERT ON $table
BEGIN
	INSERT INTO history (table_name, new) VALUES ('$table',
		$image($table, new.));
END;
CREATE TRIGGER $table_update_kept AFTER UPDATE ON $table
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('$table',
		$image($table, old.),
		$image($table, new.));
END;
CREATE TRIGGER $table_delete_kept AFTER DELETE ON $table
BEGIN
	INSERT INTO history (table_name, old) VALUES ('$table',
		$image($table, old.));
END;
$end
