-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- The vmauthz policy: who may open which virtual machine's console.
--
--     sqlite3 /etc/vmauthz/policy.db < policy.sql      (or: vmauthz init)
--
-- Everything is denied that no row of `grants` allows.  A committed change
-- counts for the next login.  A row that can't mean what it seems to mean is
-- refused, whatever the shell's pragmas are: the rules are triggers.  To change
-- a row, use UPDATE or INSERT ... ON CONFLICT DO UPDATE; REPLACE is refused
-- where it would take along what belongs to the old row.
-- See vmauthz-policy(5).

PRAGMA foreign_keys = ON;
BEGIN IMMEDIATE;

-- The shell goes on after an error.  So what already holds something leaves a
-- reference open here, which makes the COMMIT at the end fail.
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

-- --- users -----------------------------------------------------------------

CREATE TABLE users (
	-- name@realm, the realm in lower case: 'alice@example.org'.
	-- The last '@' splits.  The name's case counts.
	name TEXT NOT NULL PRIMARY KEY,
	-- 0 locks him out of everything, his grants and password stay.
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
	-- From this minute on he is locked out: '2026-12-31 18:00', in UTC.
	-- NULL: never.
	expires TEXT,
	-- Whatever helps you remember.
	comment TEXT
) STRICT, WITHOUT ROWID;

-- SCRAM verifiers, written by `vmauthz passwd`.  They are not passwords, but
-- let their reader guess at leisure.
CREATE TABLE credentials (
	user_name TEXT NOT NULL REFERENCES users (name),
	-- 'SCRAM-SHA-1', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'
	mechanism TEXT NOT NULL,
	-- rounds of PBKDF2 that a login costs the client
	iterations INTEGER NOT NULL,
	salt BLOB NOT NULL,
	stored_key BLOB NOT NULL,
	server_key BLOB NOT NULL,
	PRIMARY KEY (user_name, mechanism)
) STRICT, WITHOUT ROWID;

-- Teams.  Grants can't name them yet.
CREATE TABLE groups (
	name TEXT NOT NULL PRIMARY KEY,
	comment TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
	group_name TEXT NOT NULL REFERENCES groups (name),
	user_name TEXT NOT NULL REFERENCES users (name),
	PRIMARY KEY (group_name, user_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_name);

-- --- virtual machines --------------------------------------------------------

-- A VM's row is found by the name that its QEMU process was started with
-- (-name; libvirt's domain name), for a process without one by -uuid, else by
-- the port that the client reached.  Then uuid and spice_port, where they are
-- set, have to agree with the process, or nobody gets in.
CREATE TABLE vms (
	-- 'debianx', as `virsh list` shows it; the case counts
	name TEXT NOT NULL PRIMARY KEY,
	-- '8f3a0c9e-5d1b-4f0e-9a53-2f6f1c1d7e10', lower case; NULL: any
	uuid TEXT UNIQUE,
	-- port of its SPICE server; NULL: any
	spice_port INTEGER,
	-- 0 keeps everybody out
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
	comment TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX vms_by_port ON vms (spice_port);

-- Sets of VMs.  Grants can't name them yet.
CREATE TABLE pools (
	name TEXT NOT NULL PRIMARY KEY,
	comment TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE pool_members (
	pool_name TEXT NOT NULL REFERENCES pools (name),
	vm_name TEXT NOT NULL REFERENCES vms (name),
	PRIMARY KEY (pool_name, vm_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX pool_members_by_vm ON pool_members (vm_name);

-- --- grants --------------------------------------------------------------------

-- A grant matches a login if who, vm and every condition that it sets hold.
-- One 'deny' that matches beats every 'allow'.
CREATE TABLE grants (
	-- never used twice, for it stands in the log
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	-- 'allow' or 'deny'
	effect TEXT NOT NULL DEFAULT 'allow',
	-- 'alice@example.org', or '*' for every user of the table `users`
	who TEXT NOT NULL,
	-- 'debianx', or '*' for every VM of the table `vms`
	vm TEXT NOT NULL,
	-- The CN of his client certificate has to look like this: a glob
	-- (* ? [a-z]), upper and lower case alike.  %u is the user's name without
	-- the realm, %% a per cent sign: '%u-laptop'.  NULL: no certificate is
	-- needed.  A deny with a cert_cn also stands for who shows none.
	cert_cn TEXT,
	-- This version does not evaluate the columns from here on, and refuses
	-- to have them set.
	client_net TEXT,
	local_user TEXT,
	not_before TEXT,
	not_after TEXT,
	hours TEXT,
	may_take_over INTEGER NOT NULL DEFAULT 0,
	comment TEXT
) STRICT;
CREATE INDEX grants_by_pair ON grants (who, vm);
CREATE INDEX grants_by_vm ON grants (vm);

-- --- what makes decoys -----------------------------------------------------------

-- A user who has no credential is shown a made-up one, so that nobody can tell
-- him from others: its salt comes from this key, its iteration count and salt
-- size are spread like those of real ones.  Nothing to edit here.
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

-- --- rules ---------------------------------------------------------------------------
--
-- Each kind of row has one list of rules, the INSTEAD OF trigger of a view
-- that holds nothing; the table's triggers put every new row through it.

-- REPLACE deletes a row, with what hangs on it or without, as the pragmas are.
-- Its conflict clause also rules the statements inside triggers, so the old
-- row of this table gives way to a REPLACE and to nothing else.
CREATE TABLE already_there (id INTEGER PRIMARY KEY) STRICT;
INSERT INTO already_there VALUES (1);
CREATE TRIGGER already_there_insert_refused AFTER INSERT ON already_there
BEGIN
	SELECT RAISE(ABORT, 'REPLACE would drop what belongs to the old row, use UPDATE or INSERT ... ON CONFLICT DO UPDATE');
END;

-- name, and what is left and right of its last '@' (left with the '@')
CREATE VIEW user_rules (name, enabled, expires) AS SELECT NULL, NULL, NULL WHERE 0;
CREATE TRIGGER user_rules_checked INSTEAD OF INSERT ON user_rules
BEGIN
	SELECT CASE
	WHEN instr(new.name, '@') = 0
	THEN RAISE(ABORT, 'users.name: write the whole name with its realm, as in alice@example.org')
	WHEN realm = ''
	THEN RAISE(ABORT, 'users.name: a realm has to follow the last @, as in alice@example.org')
	WHEN realm <> lower(realm)
	THEN RAISE(ABORT, 'users.name: write the realm in lower case, as in alice@example.org')
	WHEN realm GLOB '*[^a-z0-9._-]*'
	THEN RAISE(ABORT, 'users.name: a realm is made of letters, digits, dots, hyphens and underscores, as in alice@example.org')
	WHEN local IN ('', '@')
	THEN RAISE(ABORT, 'users.name: a name has to stand before the @, as in alice@example.org')
	WHEN new.name <> trim(new.name) OR local GLOB '* @'
	THEN RAISE(ABORT, 'users.name: remove the spaces around the name')
	WHEN instr(new.name, '*') OR instr(new.name, '%')
	THEN RAISE(ABORT, 'users.name: * and % have a meaning in grants and can''t be in a name')
	WHEN new.name GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
		OR instr(CAST(new.name AS BLOB), x'00')
	THEN RAISE(ABORT, 'users.name: remove the control characters')
	WHEN length(CAST(new.name AS BLOB)) > 255
	THEN RAISE(ABORT, 'users.name: name and realm may have 255 octets together')
	WHEN new.enabled IS NOT 0 AND new.enabled IS NOT 1
	THEN RAISE(ABORT, 'users.enabled: write 1, or 0 to lock him out')
	WHEN new.expires IS NOT strftime('%Y-%m-%d %H:%M', new.expires, '+0 days')
	THEN RAISE(ABORT, 'users.expires: write a time that exists, in UTC, as in 2026-12-31 18:00')
	END
	FROM (SELECT
		rtrim(new.name, replace(new.name, '@', '')) AS local,
		substr(new.name, length(rtrim(new.name, replace(new.name, '@', ''))) + 1) AS realm);
END;

CREATE TRIGGER users_insert_checked BEFORE INSERT ON users
BEGIN
	INSERT INTO user_rules VALUES (new.name, new.enabled, new.expires);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM users WHERE name = new.name;
END;
CREATE TRIGGER users_update_checked BEFORE UPDATE ON users
BEGIN
	INSERT INTO user_rules VALUES (new.name, new.enabled, new.expires);
	SELECT RAISE(ABORT, 'users.name: there is a user of that name already')
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM users WHERE name = new.name);
END;

CREATE VIEW credential_rules (user_name, mechanism, iterations, salt,
	stored_key, server_key) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER credential_rules_checked INSTEAD OF INSERT ON credential_rules
BEGIN
	SELECT CASE
	WHEN NOT EXISTS (SELECT 1 FROM users WHERE name = new.user_name)
	THEN RAISE(ABORT, 'credentials.user_name: no such user, add him to users first')
	WHEN size IS NULL
	THEN RAISE(ABORT, 'credentials.mechanism: write SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512')
	WHEN new.iterations NOT BETWEEN 4096 AND 65536
	THEN RAISE(ABORT, 'credentials.iterations: clients take 4096 to 65536')
	WHEN length(new.salt) NOT BETWEEN 8 AND 64
	THEN RAISE(ABORT, 'credentials.salt: 8 to 64 octets are possible')
	WHEN length(new.stored_key) <> size OR length(new.server_key) <> size
	THEN RAISE(ABORT, 'credentials: the keys have to be as long as the mechanism''s hash, use vmauthz passwd')
	END
	FROM (SELECT CASE new.mechanism WHEN 'SCRAM-SHA-1' THEN 20
		WHEN 'SCRAM-SHA-256' THEN 32 WHEN 'SCRAM-SHA-512' THEN 64 END AS size);
END;

CREATE TRIGGER credentials_insert_checked BEFORE INSERT ON credentials
BEGIN
	INSERT INTO credential_rules VALUES (new.user_name, new.mechanism,
		new.iterations, new.salt, new.stored_key, new.server_key);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM credentials
	WHERE user_name = new.user_name AND mechanism = new.mechanism;
END;
CREATE TRIGGER credentials_update_checked BEFORE UPDATE ON credentials
BEGIN
	INSERT INTO credential_rules VALUES (new.user_name, new.mechanism,
		new.iterations, new.salt, new.stored_key, new.server_key);
	SELECT RAISE(ABORT, 'credentials: he has one for that mechanism, delete it first or use vmauthz passwd')
	WHERE (new.user_name, new.mechanism) <> (old.user_name, old.mechanism)
		AND EXISTS (SELECT 1 FROM credentials
			WHERE user_name = new.user_name AND mechanism = new.mechanism);
END;

CREATE VIEW vm_rules (name, uuid, spice_port, enabled) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER vm_rules_checked INSTEAD OF INSERT ON vm_rules
BEGIN
	SELECT CASE
	WHEN new.name = ''
	THEN RAISE(ABORT, 'vms.name: write the name that virsh list shows')
	WHEN instr(new.name, '*') OR new.name LIKE '\%%' ESCAPE '\'
	THEN RAISE(ABORT, 'vms.name: * and a leading % have a meaning in grants and can''t be in a name')
	WHEN instr(new.name, '/')
	THEN RAISE(ABORT, 'vms.name: libvirt allows no / in a name')
	WHEN new.name GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
		OR instr(CAST(new.name AS BLOB), x'00')
	THEN RAISE(ABORT, 'vms.name: remove the control characters')
	WHEN new.name <> trim(new.name)
	THEN RAISE(ABORT, 'vms.name: remove the spaces around the name')
	WHEN length(CAST(new.name AS BLOB)) > 255
	THEN RAISE(ABORT, 'vms.name: a name may have 255 octets')
	WHEN length(CAST(new.uuid AS BLOB)) <> 36 OR new.uuid GLOB '*[^0-9a-f-]*'
		OR new.uuid NOT LIKE '________-____-____-____-____________'
		OR length(replace(new.uuid, '-', '')) <> 32
	THEN RAISE(ABORT, 'vms.uuid: write it in lower case, as virsh domuuid shows it')
	WHEN new.spice_port NOT BETWEEN 1 AND 65535
	THEN RAISE(ABORT, 'vms.spice_port: a port is a number from 1 to 65535')
	WHEN new.enabled IS NOT 0 AND new.enabled IS NOT 1
	THEN RAISE(ABORT, 'vms.enabled: write 1, or 0 to keep everybody out')
	END;
END;

CREATE TRIGGER vms_insert_checked BEFORE INSERT ON vms
BEGIN
	INSERT INTO vm_rules VALUES (new.name, new.uuid, new.spice_port, new.enabled);
	SELECT RAISE(ABORT, 'vms.uuid: another VM has that uuid')
	WHERE EXISTS (SELECT 1 FROM vms WHERE uuid = new.uuid AND name <> new.name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM vms WHERE name = new.name;
END;
CREATE TRIGGER vms_update_checked BEFORE UPDATE ON vms
BEGIN
	INSERT INTO vm_rules VALUES (new.name, new.uuid, new.spice_port, new.enabled);
	SELECT RAISE(ABORT, 'vms.uuid: another VM has that uuid')
	WHERE EXISTS (SELECT 1 FROM vms WHERE uuid = new.uuid AND name <> old.name);
	SELECT RAISE(ABORT, 'vms.name: there is a VM of that name already')
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM vms WHERE name = new.name);
END;

-- of groups and of pools
CREATE VIEW set_rules (name) AS SELECT NULL WHERE 0;
CREATE TRIGGER set_rules_checked INSTEAD OF INSERT ON set_rules
BEGIN
	SELECT CASE
	WHEN new.name = '' OR new.name <> trim(new.name)
		OR length(CAST(new.name AS BLOB)) > 255
	THEN RAISE(ABORT, 'groups.name and pools.name: write 1 to 255 octets without spaces around them')
	WHEN instr(new.name, '*') OR instr(new.name, '%') OR instr(new.name, '@')
	THEN RAISE(ABORT, 'groups.name and pools.name: leave out *, % and @, a grant will name it with a % in front')
	WHEN new.name GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
		OR instr(CAST(new.name AS BLOB), x'00')
	THEN RAISE(ABORT, 'groups.name and pools.name: remove the control characters')
	END;
END;
CREATE TRIGGER groups_insert_checked BEFORE INSERT ON groups
BEGIN
	INSERT INTO set_rules VALUES (new.name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM groups WHERE name = new.name;
END;
CREATE TRIGGER groups_update_checked BEFORE UPDATE ON groups
BEGIN
	INSERT INTO set_rules VALUES (new.name);
	SELECT RAISE(ABORT, 'groups.name: there is a group of that name already')
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM groups WHERE name = new.name);
END;
CREATE TRIGGER pools_insert_checked BEFORE INSERT ON pools
BEGIN
	INSERT INTO set_rules VALUES (new.name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM pools WHERE name = new.name;
END;
CREATE TRIGGER pools_update_checked BEFORE UPDATE ON pools
BEGIN
	INSERT INTO set_rules VALUES (new.name);
	SELECT RAISE(ABORT, 'pools.name: there is a pool of that name already')
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM pools WHERE name = new.name);
END;

CREATE VIEW member_rules (group_name, user_name, pool_name, vm_name) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER member_rules_checked INSTEAD OF INSERT ON member_rules
BEGIN
	SELECT CASE
	WHEN new.group_name IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM groups WHERE name = new.group_name)
	THEN RAISE(ABORT, 'group_members.group_name: no such group, add it to groups first')
	WHEN new.user_name IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM users WHERE name = new.user_name)
	THEN RAISE(ABORT, 'group_members.user_name: no such user, add him to users first')
	WHEN new.pool_name IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM pools WHERE name = new.pool_name)
	THEN RAISE(ABORT, 'pool_members.pool_name: no such pool, add it to pools first')
	WHEN new.vm_name IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM vms WHERE name = new.vm_name)
	THEN RAISE(ABORT, 'pool_members.vm_name: no such VM, add it to vms first')
	END;
END;
CREATE TRIGGER group_members_insert_checked BEFORE INSERT ON group_members
BEGIN INSERT INTO member_rules VALUES (new.group_name, new.user_name, NULL, NULL); END;
CREATE TRIGGER group_members_update_checked BEFORE UPDATE ON group_members
BEGIN INSERT INTO member_rules VALUES (new.group_name, new.user_name, NULL, NULL); END;
CREATE TRIGGER pool_members_insert_checked BEFORE INSERT ON pool_members
BEGIN INSERT INTO member_rules VALUES (NULL, NULL, new.pool_name, new.vm_name); END;
CREATE TRIGGER pool_members_update_checked BEFORE UPDATE ON pool_members
BEGIN INSERT INTO member_rules VALUES (NULL, NULL, new.pool_name, new.vm_name); END;

CREATE VIEW grant_rules (effect, who, vm, cert_cn, client_net, local_user,
	not_before, not_after, hours, may_take_over) AS
	SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER grant_rules_checked INSTEAD OF INSERT ON grant_rules
BEGIN
	SELECT CASE
	WHEN new.effect IS NOT 'allow' AND new.effect IS NOT 'deny'
	THEN RAISE(ABORT, 'grants.effect: write allow or deny')
	WHEN substr(new.who, 1, 1) = '%' OR new.who GLOB '[*]@*'
	THEN RAISE(ABORT, 'grants.who: this version does not evaluate groups and realms yet, write one user or *')
	WHEN new.who <> '*' AND NOT EXISTS (SELECT 1 FROM users WHERE name = new.who)
	THEN RAISE(ABORT, 'grants.who: no such user, add him to users first or write *')
	WHEN substr(new.vm, 1, 1) = '%'
	THEN RAISE(ABORT, 'grants.vm: this version does not evaluate pools yet, write one VM or *')
	WHEN new.vm <> '*' AND NOT EXISTS (SELECT 1 FROM vms WHERE name = new.vm)
	THEN RAISE(ABORT, 'grants.vm: no such VM, add it to vms first or write *')
	WHEN new.cert_cn = ''
	THEN RAISE(ABORT, 'grants.cert_cn: write a pattern, or NULL if no certificate is needed')
	WHEN length(CAST(new.cert_cn AS BLOB)) > 255
	THEN RAISE(ABORT, 'grants.cert_cn: a pattern may have 255 octets')
	WHEN instr(replace(replace(new.cert_cn, '%%', ''), '%u', ''), '%')
	THEN RAISE(ABORT, 'grants.cert_cn: only %u, the user''s name, and %% can follow a %')
	WHEN new.cert_cn GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
		OR instr(CAST(new.cert_cn AS BLOB), x'00')
	THEN RAISE(ABORT, 'grants.cert_cn: remove the control characters')
	WHEN bracket <> '' AND rest NOT GLOB '?*]*' AND rest NOT GLOB '^?*]*'
		OR bracket <> '' AND rest GLOB '^]*' AND rest NOT GLOB '^]*]*'
		OR bracket <> '' AND rest GLOB ']*' AND rest NOT GLOB ']*]*'
	THEN RAISE(ABORT, 'grants.cert_cn: close the bracket with ], or write [[] for a bracket itself')
	WHEN new.client_net IS NOT NULL
	THEN RAISE(ABORT, 'grants.client_net: this version does not evaluate it yet, leave it NULL')
	WHEN new.local_user IS NOT NULL
	THEN RAISE(ABORT, 'grants.local_user: this version does not evaluate it yet, leave it NULL')
	WHEN new.not_before IS NOT NULL
	THEN RAISE(ABORT, 'grants.not_before: this version does not evaluate it yet, leave it NULL')
	WHEN new.not_after IS NOT NULL
	THEN RAISE(ABORT, 'grants.not_after: this version does not evaluate it yet, leave it NULL')
	WHEN new.hours IS NOT NULL
	THEN RAISE(ABORT, 'grants.hours: this version does not evaluate it yet, leave it NULL')
	WHEN new.may_take_over IS NOT 0
	THEN RAISE(ABORT, 'grants.may_take_over: this version does not evaluate it yet, leave it 0')
	END
	-- what follows the last '[', if there is one ([[] left out)
	FROM (SELECT bracket, substr(plain, length(bracket) + 1) AS rest
		FROM (SELECT plain, rtrim(plain, replace(plain, '[', '')) AS bracket
			FROM (SELECT replace(new.cert_cn, '[[]', '') AS plain)));
END;
CREATE TRIGGER grants_insert_checked BEFORE INSERT ON grants
BEGIN
	INSERT INTO grant_rules VALUES (new.effect, new.who, new.vm, new.cert_cn,
		new.client_net, new.local_user, new.not_before, new.not_after,
		new.hours, new.may_take_over);
END;
CREATE TRIGGER grants_update_checked BEFORE UPDATE ON grants
BEGIN
	INSERT INTO grant_rules VALUES (new.effect, new.who, new.vm, new.cert_cn,
		new.client_net, new.local_user, new.not_before, new.not_after,
		new.hours, new.may_take_over);
	SELECT RAISE(ABORT, 'grants.id: it stands in the log and can''t change, add a new grant instead')
	WHERE new.id IS NOT old.id;
END;
-- Not BEFORE, where an id that SQLite is to choose looks like -1.
CREATE TRIGGER grants_insert_numbered AFTER INSERT ON grants
WHEN new.id < 1 OR new.id <= (SELECT seq FROM sqlite_sequence WHERE name = 'grants')
BEGIN
	SELECT RAISE(ABORT, 'grants.id: leave it out, no number is given twice');
END;

-- --- renaming and deleting ------------------------------------------------------------
--
-- What is about a user or a VM follows a new name and goes when he goes; a
-- deny never goes by itself.

CREATE TRIGGER users_delete_refused BEFORE DELETE ON users
WHEN EXISTS (SELECT 1 FROM grants WHERE who = old.name AND effect <> 'allow')
BEGIN
	SELECT RAISE(ABORT, 'users: a deny in grants names him, delete that first or set enabled = 0');
END;
CREATE TRIGGER users_deleted AFTER DELETE ON users
BEGIN
	DELETE FROM credentials WHERE user_name = old.name;
	DELETE FROM group_members WHERE user_name = old.name;
	DELETE FROM grants WHERE who = old.name;
END;
CREATE TRIGGER users_renamed AFTER UPDATE OF name ON users
WHEN new.name <> old.name
BEGIN
	UPDATE credentials SET user_name = new.name WHERE user_name = old.name;
	UPDATE group_members SET user_name = new.name WHERE user_name = old.name;
	UPDATE grants SET who = new.name WHERE who = old.name;
END;

CREATE TRIGGER vms_delete_refused BEFORE DELETE ON vms
WHEN EXISTS (SELECT 1 FROM grants WHERE vm = old.name AND effect <> 'allow')
BEGIN
	SELECT RAISE(ABORT, 'vms: a deny in grants names it, delete that first or set enabled = 0');
END;
CREATE TRIGGER vms_deleted AFTER DELETE ON vms
BEGIN
	DELETE FROM pool_members WHERE vm_name = old.name;
	DELETE FROM grants WHERE vm = old.name;
END;
CREATE TRIGGER vms_renamed AFTER UPDATE OF name ON vms
WHEN new.name <> old.name
BEGIN
	UPDATE pool_members SET vm_name = new.name WHERE vm_name = old.name;
	UPDATE grants SET vm = new.name WHERE vm = old.name;
END;

CREATE TRIGGER groups_deleted AFTER DELETE ON groups
BEGIN DELETE FROM group_members WHERE group_name = old.name; END;
CREATE TRIGGER groups_renamed AFTER UPDATE OF name ON groups
WHEN new.name <> old.name
BEGIN UPDATE group_members SET group_name = new.name WHERE group_name = old.name; END;
CREATE TRIGGER pools_deleted AFTER DELETE ON pools
BEGIN DELETE FROM pool_members WHERE pool_name = old.name; END;
CREATE TRIGGER pools_renamed AFTER UPDATE OF name ON pools
WHEN new.name <> old.name
BEGIN UPDATE pool_members SET pool_name = new.name WHERE pool_name = old.name; END;

-- --- what to look at ---------------------------------------------------------------------

-- Who may open what under which condition, one row a user, VM and grant.
-- deny_cert_cn: unless his certificate looks like one of these, or he has none.
CREATE VIEW access (user, vm, cert_cn, grant_id, deny_cert_cn) AS
SELECT users.name, vms.name, grants.cert_cn, grants.id,
	(SELECT group_concat(deny.cert_cn, ', ') FROM grants AS deny
		WHERE deny.effect = 'deny' AND deny.who IN (users.name, '*')
			AND deny.vm IN (vms.name, '*'))
FROM grants
JOIN users ON grants.who IN (users.name, '*')
JOIN vms ON grants.vm IN (vms.name, '*')
WHERE grants.effect = 'allow' AND users.enabled AND vms.enabled
	AND (users.expires IS NULL
		OR users.expires > strftime('%Y-%m-%d %H:%M', 'now'))
	AND NOT EXISTS (SELECT 1 FROM grants AS deny
		WHERE deny.effect = 'deny' AND deny.cert_cn IS NULL
			AND deny.who IN (users.name, '*') AND deny.vm IN (vms.name, '*'));

-- What looks wrong, and why.
CREATE VIEW problems (what, name, why) AS
SELECT 'user', name, 'has no credential: no SCRAM mechanism lets him in, see vmauthz passwd'
FROM users WHERE name NOT IN (SELECT user_name FROM credentials)
UNION ALL
SELECT 'user', name, 'is disabled and has grants'
FROM users WHERE NOT enabled AND name IN (SELECT who FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'user', name, 'has expired and has grants'
FROM users WHERE expires <= strftime('%Y-%m-%d %H:%M', 'now')
	AND name IN (SELECT who FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'vm', name, 'is disabled and has grants'
FROM vms WHERE NOT enabled AND name IN (SELECT vm FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'vm', name, 'can be opened by nobody'
FROM vms WHERE enabled AND name NOT IN (SELECT vm FROM grants WHERE effect = 'allow')
	AND NOT EXISTS (SELECT 1 FROM grants WHERE effect = 'allow' AND vm = '*')
UNION ALL
SELECT 'grant', id, 'lets every user open every VM'
FROM grants WHERE effect = 'allow' AND who = '*' AND vm = '*' AND cert_cn IS NULL;

COMMIT;
