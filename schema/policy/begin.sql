-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- The vmauthz policy: who may open which virtual machine's console.
--
--     sqlite3 /etc/vmauthz/policy.db < policy.sql      (or: vmauthz init)
--
-- The tables come first: their rows are what the administrator types.  Then
-- come the views, which show what follows from the rows.
-- Everything is denied that no row of `grants` allows.  A committed change
-- counts for the next login.  Triggers refuse a row that makes no sense,
-- whatever the shell's pragmas are.  To change a row, use UPDATE or INSERT ... ON
-- CONFLICT DO UPDATE; REPLACE is refused where it would delete rows that belong
-- to the old row.
-- See vmauthz-policy(5).

PRAGMA foreign_keys = ON;
BEGIN IMMEDIATE;

-- The shell continues after an error.  A database that is not empty therefore
-- gets an open reference here, which makes the COMMIT at the end fail.
CREATE TEMP TABLE loading (
	found TEXT REFERENCES loading (other) DEFERRABLE INITIALLY DEFERRED,
	other TEXT UNIQUE
);
CREATE TEMP TRIGGER loading_insert_refused AFTER INSERT ON loading
BEGIN
	SELECT RAISE(FAIL, 'the database is not empty, nothing in it will be changed: give policy.sql a new file');
END;
INSERT INTO loading (found) SELECT name FROM main.sqlite_schema LIMIT 1;

PRAGMA application_id = 0x766d617a;	-- "vmaz"
PRAGMA user_version = 1;
