-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- Decoy verifiers, for users without a verifier.

-- --- decoys ------------------------------------------------------------------

-- A login of a user without a credential gets a decoy, so that a client can't
-- find out which users have one.  The salt of the decoy comes from this key,
-- its iteration count and salt size are distributed like those of real ones.
CREATE TABLE decoy (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
INSERT INTO decoy (id, key) VALUES (1, randomblob(32));

CREATE TABLE credential_shapes (
	mechanism TEXT NOT NULL,
	iterations INTEGER NOT NULL,
	salt_size INTEGER NOT NULL,
	users INTEGER NOT NULL,
	PRIMARY KEY (mechanism, iterations, salt_size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER decoy_delete_refused BEFORE DELETE ON decoy
BEGIN
	SELECT RAISE(ABORT, 'decoy: the key has to stay, or unknown users can be told from known ones');
END;

CREATE TRIGGER decoy_insert_checked BEFORE INSERT ON decoy
WHEN new.id IS NOT 1 OR length(new.key) IS NOT 32
BEGIN
	SELECT RAISE(ABORT, 'decoy: one row with id 1 and a key of 32 octets is all there can be');
END;
CREATE TRIGGER decoy_update_checked BEFORE UPDATE ON decoy
WHEN new.id IS NOT 1 OR length(new.key) IS NOT 32
BEGIN
	SELECT RAISE(ABORT, 'decoy: one row with id 1 and a key of 32 octets is all there can be');
END;

CREATE TRIGGER credentials_insert_counted AFTER INSERT ON credentials
BEGIN
	INSERT INTO credential_shapes (mechanism, iterations, salt_size, users)
	VALUES (new.mechanism, new.iterations, length(new.salt), 1)
	ON CONFLICT DO UPDATE SET users = users + 1;
END;

CREATE TRIGGER credentials_delete_counted AFTER DELETE ON credentials
BEGIN
	UPDATE credential_shapes SET users = users - 1
	WHERE mechanism = old.mechanism AND iterations = old.iterations
		AND salt_size = length(old.salt);
	DELETE FROM credential_shapes WHERE users <= 0;
END;

CREATE TRIGGER credentials_update_counted
AFTER UPDATE OF mechanism, iterations, salt ON credentials
BEGIN
	UPDATE credential_shapes SET users = users - 1
	WHERE mechanism = old.mechanism AND iterations = old.iterations
		AND salt_size = length(old.salt);
	INSERT INTO credential_shapes (mechanism, iterations, salt_size, users)
	VALUES (new.mechanism, new.iterations, length(new.salt), 1)
	ON CONFLICT DO UPDATE SET users = users + 1;
	DELETE FROM credential_shapes WHERE users <= 0;
END;
