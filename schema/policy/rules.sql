-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- The triggers that refuse rows which make no sense.

-- --- rules -------------------------------------------------------------------
--
-- Each kind of row, and each kind of value, has one list of rules: the INSTEAD
-- OF trigger of a view that has no rows.  The triggers of a table insert every
-- new row into the view of its rules.  A rule has all columns of the row, so
-- that one for a new column is written here once.

-- A rule that is broken inserts its message here (NULL: it holds).  Before
-- SQLite 3.47 RAISE() takes a fixed text only, while the error message for a
-- malformed JSON path repeats the path.
CREATE VIEW refusals (message) AS SELECT NULL WHERE 0;
CREATE TRIGGER refusals_told INSTEAD OF INSERT ON refusals
WHEN new.message IS NOT NULL
BEGIN
	SELECT json_extract('{}', new.message);
	SELECT RAISE(ABORT, 'refused');
END;

-- REPLACE deletes a row; whether rows that refer to it go as well depends on the
-- pragmas.  Its conflict clause also applies to the statements inside triggers,
-- so that a REPLACE alone replaces the row of this table.
CREATE TABLE already_there (id INTEGER PRIMARY KEY) STRICT;
INSERT INTO already_there VALUES (1);
CREATE TRIGGER already_there_insert_refused AFTER INSERT ON already_there
BEGIN
	SELECT RAISE(ABORT, 'REPLACE would drop what belongs to the old row, use UPDATE or INSERT ... ON CONFLICT DO UPDATE');
END;

-- Any text that is compared with something.
CREATE VIEW text_rules (place, value, size) AS SELECT NULL, NULL, NULL WHERE 0;
CREATE TRIGGER text_rules_checked INSTEAD OF INSERT ON text_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN new.value GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
		OR instr(CAST(new.value AS BLOB), x'00')
	THEN new.place || ': remove the control characters from "' || new.value || '"'
	WHEN new.value <> trim(new.value)
	THEN new.place || ': remove the spaces around "' || new.value || '"'
	WHEN length(CAST(new.value AS BLOB)) > new.size
	THEN new.place || ': "' || substr(new.value, 1, 40) || '..." has more than the '
		|| new.size || ' octets that are possible'
	END;
END;

CREATE VIEW time_rules (place, value) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER time_rules_checked INSTEAD OF INSERT ON time_rules
WHEN new.value IS NOT strftime('%Y-%m-%d %H:%M', new.value, '+0 days')
	OR new.value < '1000'
BEGIN
	INSERT INTO refusals VALUES (new.place || ': "' || new.value
		|| '" is no time, write one that exists, in UTC, as in 2026-12-31 18:00');
END;

-- A GLOB in which %u and %% are replaced.
CREATE VIEW glob_rules (place, value) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER glob_rules_checked INSTEAD OF INSERT ON glob_rules
WHEN new.value IS NOT NULL
BEGIN
	INSERT INTO text_rules VALUES (new.place, new.value, 255);
	INSERT INTO refusals SELECT CASE
	WHEN new.value = ''
	THEN new.place || ': "" fits nothing, write a pattern, or NULL if it does not matter'
	WHEN instr(replace(replace(new.value, '%%', ''), '%u', ''), '%')
	THEN new.place || ': "' || new.value || '" has a % that only u, for the name of the user, or another % can follow'
	WHEN bracket <> '' AND rest NOT GLOB '?*]*' AND rest NOT GLOB '^?*]*'
		OR bracket <> '' AND rest GLOB '^]*' AND rest NOT GLOB '^]*]*'
		OR bracket <> '' AND rest GLOB ']*' AND rest NOT GLOB ']*]*'
	THEN new.place || ': "' || new.value || '" has a bracket that is not closed, add the ], or write [[] for a bracket itself'
	END
	-- what follows the last '[', if there is one ([[] left out)
	FROM (SELECT bracket, substr(plain, length(bracket) + 1) AS rest
		FROM (SELECT plain, rtrim(plain, replace(plain, '[', '')) AS bracket
			FROM (SELECT replace(new.value, '[[]', '') AS plain)));
	-- no bracket is open where a %u stands: any letter of the name would do there
	INSERT INTO refusals SELECT new.place || ': "' || new.value || '" has %u within brackets, leave them out'
	FROM (SELECT rtrim(plain, replace(plain, '[', '')) AS bracket, plain
		FROM (SELECT replace(value, '[[]', '') AS plain, key AS part, count(*) OVER () AS parts
			FROM json_each('[' || replace(json_quote(replace(new.value, '%%', '')), '%u', '","') || ']'))
		WHERE part < parts - 1)
	WHERE bracket <> '' AND NOT instr(substr(plain, length(bracket) + 1), ']') LIMIT 1;
END;

-- An address, or a network in CIDR notation (RFC 4632, RFC 4291).
CREATE VIEW net_rules (place, value) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER net_rules_checked INSTEAD OF INSERT ON net_rules
WHEN new.value IS NOT NULL
BEGIN
	INSERT INTO refusals SELECT new.place || ': "' || new.value
		|| '" is no address, write one as in 192.0.2.7 or 2001:db8::7 (lower case), or a network as in 192.0.2.0/24'
	WHERE new.value = '' OR new.value GLOB '*[^0-9a-f:./]*' OR new.value GLOB '*/*/*'
		OR new.value GLOB '*.*:*' OR new.value GLOB '*:*.*';
	INSERT INTO refusals SELECT new.place || ': "' || new.value
		|| '" has no prefix length after the /, write a number from 0 to ' || size
	FROM (SELECT substr(new.value, instr(new.value, '/') + 1) AS prefix,
		iif(instr(new.value, ':'), 128, 32) AS size)
	WHERE instr(new.value, '/') AND (prefix = '' OR prefix GLOB '*[^0-9]*'
		OR length(prefix) > 3 OR CAST(prefix AS INTEGER) > size
		OR prefix <> CAST(CAST(prefix AS INTEGER) AS TEXT));
	INSERT INTO refusals SELECT new.place || ': "' || new.value
		|| '" is the address of no client, write ' || new.value || '/0 for every address of its kind'
	WHERE new.value IN ('0.0.0.0', '::');
	INSERT INTO net4_rules SELECT new.place, new.value,
		substr(new.value, 1, instr(new.value || '/', '/') - 1),
		iif(instr(new.value, '/'), substr(new.value, instr(new.value, '/') + 1), 32)
	WHERE NOT instr(new.value, ':');
	INSERT INTO net6_rules SELECT new.place, new.value,
		substr(new.value, 1, instr(new.value || '/', '/') - 1),
		iif(instr(new.value, '/'), substr(new.value, instr(new.value, '/') + 1), 128)
	WHERE instr(new.value, ':');
END;

CREATE VIEW net4_rules (place, value, address, prefix) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER net4_rules_checked INSTEAD OF INSERT ON net4_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN count(*) <> 4 OR max(value = '' OR length(value) > 3
		OR value <> CAST(CAST(value AS INTEGER) AS TEXT)
		OR CAST(value AS INTEGER) > 255)
	THEN new.place || ': "' || new.value || '" is no IPv4 address, write four numbers from 0 to 255, as in 192.0.2.7'
	WHEN sum(CAST(value AS INTEGER) << (24 - 8 * key))
		& ((1 << (32 - CAST(new.prefix AS INTEGER))) - 1)
	THEN new.place || ': "' || new.value || '" has bits set behind its prefix, write the first address of the network, or leave out the / for one host'
	END
	FROM json_each('["' || replace(new.address, '.', '","') || '"]');
END;

CREATE VIEW net6_rules (place, value, address, prefix) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER net6_rules_checked INSTEAD OF INSERT ON net6_rules
BEGIN
	INSERT INTO refusals SELECT new.place || ': "' || new.value
		|| '" is no IPv6 address, write it as in 2001:db8::7'
	WHERE new.address GLOB '*:::*' OR new.address GLOB '*::*::*'
		OR new.address GLOB '*[^:][^:][^:][^:][^:]*'
		OR new.address GLOB ':[^:]*' OR new.address GLOB '*[^:]:'
		OR (length(new.address) - length(replace(new.address, ':', '')) <> 7
			AND NOT instr(new.address, '::'))
		OR (length(new.address) - length(replace(new.address, ':', ''))
			- (new.address GLOB '::*') - (new.address GLOB '*::') > 7);
	-- the groups left and right of the :: by their number, from the left
	INSERT INTO refusals SELECT CASE
	WHEN max(at < 5 AND number <> 0) = 0 AND max(iif(at = 5, number, 0)) = 65535
	THEN new.place || ': "' || new.value || '" is a mapped IPv4 address, write it as IPv4'
	WHEN max(number & ((1 << max(0, min(16, 16 * at + 16 - CAST(new.prefix AS INTEGER)))) - 1))
	THEN new.place || ': "' || new.value || '" has bits set behind its prefix, write the first address of the network, or leave out the / for one host'
	END
	FROM (SELECT at, (instr(hex, substr(four, 1, 1)) - 1) * 4096
			+ (instr(hex, substr(four, 2, 1)) - 1) * 256
			+ (instr(hex, substr(four, 3, 1)) - 1) * 16
			+ instr(hex, substr(four, 4, 1)) - 1 AS number
		FROM (SELECT at, substr('0000' || digits, -4) AS four,
				'0123456789abcdef' AS hex
			FROM (SELECT key AS at, value AS digits
				FROM json_each('["' || replace(substr(new.address, 1,
					instr(new.address || '::', '::') - 1), ':', '","') || '"]')
				UNION ALL
				SELECT 8 - count(*) OVER () + key, value
				FROM json_each('["' || replace(substr(new.address,
					instr(new.address, '::') + 2), ':', '","') || '"]')
				WHERE instr(new.address, '::'))));
END;

-- An optional zone, then days and times of day between commas.
CREATE VIEW hours_rules (place, value) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER hours_rules_checked INSTEAD OF INSERT ON hours_rules
WHEN new.value IS NOT NULL
BEGIN
	INSERT INTO text_rules VALUES (new.place, new.value, 255);
	INSERT INTO refusals SELECT new.place || ': "' || new.value
		|| '" has a character that does not belong there, write it as in Mon-Fri 08:00-18:00, Sat 09:00-12:00'
	WHERE new.value = '' OR new.value GLOB '*[^A-Za-z0-9_/:, -]*';
	INSERT INTO week_rules SELECT new.place, new.value,
		iif(zoned, word, NULL), iif(zoned, substr(new.value, length(word) + 2), new.value)
	FROM (SELECT word, word GLOB '[A-Za-z]*'
			AND word NOT GLOB '[A-Z][a-z][a-z]'
			AND word NOT GLOB '[A-Z][a-z][a-z]-[A-Z][a-z][a-z]' AS zoned
		FROM (SELECT substr(new.value, 1, instr(new.value || ' ', ' ') - 1) AS word));
END;

CREATE VIEW week_rules (place, value, zone, week) AS SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER week_rules_checked INSTEAD OF INSERT ON week_rules
BEGIN
	INSERT INTO refusals SELECT new.place || ': "' || new.zone
		|| '" is neither a day or two, as in Mon or Mon-Fri, nor a time zone of the table zones, as in Europe/Berlin; write every day with its times, as in Mon 08:00-12:00, Wed 08:00-12:00'
	WHERE new.zone NOT IN (SELECT name FROM zones);
	INSERT INTO refusals SELECT CASE
	WHEN NOT (times GLOB '[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]')
		OR substr(times, 1, 5) > '23:59' OR substr(times, 7) > '24:00'
	THEN new.place || ': "' || iif(item = '', new.value, item) || '" ends in no times of day, write them as in 08:00-18:00, with every day'
	WHEN substr(times, 1, 5) = substr(times, 7)
	THEN new.place || ': "' || item || '" begins when it ends, write 00:00-24:00 for a whole day'
	WHEN days <> '' AND (days <> rtrim(days) || ' '
		OR trim(days) NOT GLOB '[A-Z][a-z][a-z]' AND trim(days) NOT GLOB '[A-Z][a-z][a-z]-[A-Z][a-z][a-z]'
		OR NOT instr('Mon Tue Wed Thu Fri Sat Sun', substr(days, 1, 3))
		OR NOT instr('Mon Tue Wed Thu Fri Sat Sun', rtrim(substr(days, -4)))
		OR length(days) > 4 AND substr(days, 1, 3) = substr(days, 5, 3))
	THEN new.place || ': "' || item || '" begins with no day, write one or two as in Mon or Mon-Fri, and one space behind'
	END
	FROM (SELECT item, substr(item, -11) AS times,
			substr(item, 1, length(item) - 11) AS days
		FROM (SELECT trim(value) AS item
			FROM json_each('["' || replace(new.week, ',', '","') || '"]')));
END;

-- The name of a new zone, and that of a zone that is deleted or renamed.
CREATE VIEW zone_rules (name, gone) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER zone_rules_checked INSTEAD OF INSERT ON zone_rules
BEGIN
	INSERT INTO refusals SELECT 'zones.name: "' || new.name || '" is no time zone, write the name of a file in /usr/share/zoneinfo, as in Europe/Berlin'
	WHERE new.name NOT GLOB '[A-Za-z]*' OR new.name GLOB '*[^A-Za-z0-9_/-]*'
		OR new.name GLOB '[A-Z][a-z][a-z]' OR length(new.name) > 63
		OR new.name GLOB '[A-Z][a-z][a-z]-[A-Z][a-z][a-z]';
	INSERT INTO refusals SELECT 'zones: grant ' || id || ' has hours in "' || new.gone || '", change them first'
	FROM grants WHERE substr(hours, 1, length(new.gone) + 1) = new.gone || ' ' LIMIT 1;
END;
CREATE TRIGGER zones_insert_checked BEFORE INSERT ON zones
BEGIN
	INSERT INTO zone_rules VALUES (new.name, NULL);
END;
CREATE TRIGGER zones_update_checked BEFORE UPDATE ON zones
WHEN new.name <> old.name
BEGIN
	INSERT INTO zone_rules VALUES (new.name, old.name);
END;
CREATE TRIGGER zones_delete_refused BEFORE DELETE ON zones
BEGIN
	INSERT INTO zone_rules VALUES (NULL, old.name);
END;

-- The name, and the parts of it before (local, with the '@') and after (realm)
-- its last '@'.
CREATE VIEW user_rules AS
	SELECT $columns(users) FROM users WHERE 0;
CREATE TRIGGER user_rules_checked INSTEAD OF INSERT ON user_rules
BEGIN
	INSERT INTO text_rules VALUES ('users.name', new.name, 255);
	INSERT INTO refusals SELECT CASE
	WHEN instr(new.name, '@') = 0
	THEN 'users.name: "' || new.name || '" has no realm, write the whole name, as in alice@example.org'
	WHEN realm = ''
	THEN 'users.name: "' || new.name || '" has no realm after its last @, write one, as in alice@example.org'
	WHEN realm <> lower(realm)
	THEN 'users.name: write the realm of "' || new.name || '" in lower case, "' || local || lower(realm) || '"'
	WHEN realm GLOB '*[^a-z0-9._-]*'
	THEN 'users.name: "' || realm || '" is no realm, one is made of letters, digits, dots, hyphens and underscores, as in alice@example.org'
	WHEN local IN ('', '@')
	THEN 'users.name: "' || new.name || '" has nothing before the @, write the whole name, as in alice@example.org'
	WHEN local GLOB '* @'
	THEN 'users.name: remove the space before the last @ of "' || new.name || '"'
	WHEN instr(new.name, '*') OR instr(new.name, '%')
	THEN 'users.name: "' || new.name || '" has a * or %, which mean something in grants, leave it out'
	WHEN new.enabled IS NOT 0 AND new.enabled IS NOT 1
	THEN 'users.enabled: "' || ifnull(new.enabled, 'NULL') || '" is neither 1 nor 0, write 1, or 0 to lock the user out'
	END
	FROM (SELECT
		rtrim(new.name, replace(new.name, '@', '')) AS local,
		substr(new.name, length(rtrim(new.name, replace(new.name, '@', ''))) + 1) AS realm);
	INSERT INTO time_rules VALUES ('users.expires', new.expires);
END;

CREATE TRIGGER users_insert_checked BEFORE INSERT ON users
BEGIN
	INSERT INTO user_rules VALUES ($columns(users, new.));
	INSERT OR IGNORE INTO already_there SELECT 1 FROM users WHERE name = new.name;
END;
CREATE TRIGGER users_update_checked BEFORE UPDATE ON users
BEGIN
	INSERT INTO user_rules VALUES ($columns(users, new.));
	INSERT INTO refusals SELECT 'users.name: there is a user "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM users WHERE name = new.name);
	INSERT INTO refusals SELECT 'users.name: grant ' || id || ' denies something to "' || who || '", where "' || new.name || '" would not be, delete it first or add a new user'
	FROM grants WHERE effect <> 'allow' AND who GLOB '[*]@*'
		AND substr(old.name, 1 - length(who)) = substr(who, 2)
		AND substr(new.name, 1 - length(who)) <> substr(who, 2) LIMIT 1;
END;

CREATE VIEW credential_rules AS
	SELECT $columns(credentials) FROM credentials WHERE 0;
CREATE TRIGGER credential_rules_checked INSTEAD OF INSERT ON credential_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN NOT EXISTS (SELECT 1 FROM users WHERE name = new.user_name)
	THEN 'credentials.user_name: there is no user "' || new.user_name || '", add it to users first'
	WHEN size IS NULL
	THEN 'credentials.mechanism: "' || new.mechanism || '" is none, write SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512'
	WHEN new.iterations NOT BETWEEN 4096 AND 65536
	THEN 'credentials.iterations: ' || new.iterations || ' is out of range, clients take 4096 to 65536'
	WHEN length(new.salt) NOT BETWEEN 8 AND 64
	THEN 'credentials.salt: ' || length(new.salt) || ' octets are out of range, 8 to 64 are possible'
	WHEN length(new.stored_key) <> size OR length(new.server_key) <> size
	THEN 'credentials: keys for ' || new.mechanism || ' have ' || size || ' octets each, use vmauthz passwd'
	END
	FROM (SELECT CASE new.mechanism WHEN 'SCRAM-SHA-1' THEN 20
		WHEN 'SCRAM-SHA-256' THEN 32 WHEN 'SCRAM-SHA-512' THEN 64 END AS size);
END;

CREATE TRIGGER credentials_insert_checked BEFORE INSERT ON credentials
BEGIN
	INSERT INTO credential_rules VALUES ($columns(credentials, new.));
	INSERT OR IGNORE INTO already_there SELECT 1 FROM credentials
	WHERE user_name = new.user_name AND mechanism = new.mechanism;
END;
CREATE TRIGGER credentials_update_checked BEFORE UPDATE ON credentials
BEGIN
	INSERT INTO credential_rules VALUES ($columns(credentials, new.));
	INSERT INTO refusals SELECT 'credentials: "' || new.user_name || '" has one for ' || new.mechanism || ', delete it first or use vmauthz passwd'
	WHERE (new.user_name, new.mechanism) <> (old.user_name, old.mechanism)
		AND EXISTS (SELECT 1 FROM credentials
			WHERE user_name = new.user_name AND mechanism = new.mechanism);
END;

CREATE VIEW vm_rules AS
	SELECT $columns(vms) FROM vms WHERE 0;
CREATE TRIGGER vm_rules_checked INSTEAD OF INSERT ON vm_rules
BEGIN
	INSERT INTO text_rules VALUES ('vms.name', new.name, 255);
	INSERT INTO refusals SELECT CASE
	WHEN new.name = ''
	THEN 'vms.name: "" is no name, write the one that virsh list shows'
	WHEN instr(new.name, '*') OR substr(new.name, 1, 1) = '%'
	THEN 'vms.name: "' || new.name || '" has a * or begins with %, which mean something in grants, choose another name'
	WHEN instr(new.name, '/')
	THEN 'vms.name: "' || new.name || '" has a /, which libvirt allows in no name'
	WHEN length(CAST(new.uuid AS BLOB)) <> 36 OR new.uuid GLOB '*[^0-9a-f-]*'
		OR new.uuid NOT LIKE '________-____-____-____-____________'
		OR length(replace(new.uuid, '-', '')) <> 32
	THEN 'vms.uuid: "' || new.uuid || '" is none, write it in lower case, as virsh domuuid shows it'
	WHEN new.spice_port NOT BETWEEN 1 AND 65535
	THEN 'vms.spice_port: ' || new.spice_port || ' is no port, write a number from 1 to 65535'
	WHEN new.enabled IS NOT 0 AND new.enabled IS NOT 1
	THEN 'vms.enabled: "' || ifnull(new.enabled, 'NULL') || '" is neither 1 nor 0, write 1, or 0 to keep everybody out'
	END;
END;

CREATE TRIGGER vms_insert_checked BEFORE INSERT ON vms
BEGIN
	INSERT INTO vm_rules VALUES ($columns(vms, new.));
	INSERT INTO refusals SELECT 'vms.uuid: "' || uuid || '" belongs to the VM "' || name || '", write that of "' || new.name || '"'
	FROM vms WHERE uuid = new.uuid AND name <> new.name;
	INSERT OR IGNORE INTO already_there SELECT 1 FROM vms WHERE name = new.name;
END;
CREATE TRIGGER vms_update_checked BEFORE UPDATE ON vms
BEGIN
	INSERT INTO vm_rules VALUES ($columns(vms, new.));
	INSERT INTO refusals SELECT 'vms.uuid: "' || uuid || '" belongs to the VM "' || name || '", write that of "' || new.name || '"'
	FROM vms WHERE uuid = new.uuid AND name <> old.name;
	INSERT INTO refusals SELECT 'vms.name: there is a VM "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM vms WHERE name = new.name);
END;

-- Groups and pools.
CREATE VIEW set_rules (place, name) AS SELECT NULL, NULL WHERE 0;
CREATE TRIGGER set_rules_checked INSTEAD OF INSERT ON set_rules
BEGIN
	INSERT INTO text_rules VALUES (new.place, new.name, 254);
	INSERT INTO refusals SELECT CASE
	WHEN new.name = ''
	THEN new.place || ': "" is no name, write one'
	WHEN instr(new.name, '*') OR instr(new.name, '%') OR instr(new.name, '@')
	THEN new.place || ': "' || new.name || '" has a *, % or @, leave them out, a grant will name it with a % in front'
	END;
END;
CREATE TRIGGER groups_insert_checked BEFORE INSERT ON groups
BEGIN
	INSERT INTO set_rules VALUES ('groups.name', new.name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM groups WHERE name = new.name;
END;
CREATE TRIGGER groups_update_checked BEFORE UPDATE ON groups
BEGIN
	INSERT INTO set_rules VALUES ('groups.name', new.name);
	INSERT INTO refusals SELECT 'groups.name: there is a group "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM groups WHERE name = new.name);
END;
CREATE TRIGGER pools_insert_checked BEFORE INSERT ON pools
BEGIN
	INSERT INTO set_rules VALUES ('pools.name', new.name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM pools WHERE name = new.name;
END;
CREATE TRIGGER pools_update_checked BEFORE UPDATE ON pools
BEGIN
	INSERT INTO set_rules VALUES ('pools.name', new.name);
	INSERT INTO refusals SELECT 'pools.name: there is a pool "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM pools WHERE name = new.name);
END;

-- user_name may be a group with a % in front, but none that the group is in.
CREATE VIEW group_member_rules AS
	SELECT $columns(group_members) FROM group_members WHERE 0;
CREATE TRIGGER group_member_rules_checked INSTEAD OF INSERT ON group_member_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN substr(new.group_name, 1, 1) = '%'
	THEN 'group_members.group_name: write "' || substr(new.group_name, 2) || '", without the % that it has in grants'
	WHEN NOT EXISTS (SELECT 1 FROM groups WHERE name = new.group_name)
	THEN 'group_members.group_name: there is no group "' || new.group_name || '", add it to groups first'
	WHEN substr(new.user_name, 1, 1) = '%'
		AND NOT EXISTS (SELECT 1 FROM groups WHERE name = substr(new.user_name, 2))
	THEN 'group_members.user_name: there is no group "' || substr(new.user_name, 2) || '", add it to groups first'
	WHEN substr(new.user_name, 1, 1) <> '%'
		AND NOT EXISTS (SELECT 1 FROM users WHERE name = new.user_name)
	THEN 'group_members.user_name: there is no user "' || new.user_name || '", add it to users first, or write %group for the members of a group'
	WHEN substr(new.user_name, 2) IN (
		WITH RECURSIVE above (name) AS (SELECT new.group_name
			UNION SELECT group_name FROM group_members
			JOIN above ON user_name = '%' || above.name)
		SELECT name FROM above)
	THEN 'group_members.user_name: "' || new.user_name || '" would become a member of itself, as "' || new.group_name || '" is in it already'
	END;
END;
CREATE TRIGGER group_members_insert_checked BEFORE INSERT ON group_members
BEGIN
	INSERT INTO group_member_rules VALUES ($columns(group_members, new.));
	INSERT OR IGNORE INTO already_there SELECT 1 FROM group_members
	WHERE group_name = new.group_name AND user_name = new.user_name;
END;
CREATE TRIGGER group_members_update_checked BEFORE UPDATE ON group_members
WHEN (new.group_name, new.user_name) <> (old.group_name, old.user_name)
BEGIN
	INSERT INTO group_member_rules VALUES ($columns(group_members, new.));
	INSERT INTO refusals SELECT 'group_members: "' || new.user_name || '" is in "' || new.group_name || '" already, delete the other row'
	FROM group_members
	WHERE group_name = new.group_name AND user_name = new.user_name;
END;

CREATE VIEW pool_member_rules AS
	SELECT $columns(pool_members) FROM pool_members WHERE 0;
CREATE TRIGGER pool_member_rules_checked INSTEAD OF INSERT ON pool_member_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN substr(new.pool_name, 1, 1) = '%'
	THEN 'pool_members.pool_name: write "' || substr(new.pool_name, 2) || '", without the % that it has in grants'
	WHEN substr(new.vm_name, 1, 1) IN ('%', '*')
	THEN 'pool_members.vm_name: "' || new.vm_name || '" is no VM, and a pool holds nothing else, write one row for each'
	WHEN NOT EXISTS (SELECT 1 FROM pools WHERE name = new.pool_name)
	THEN 'pool_members.pool_name: there is no pool "' || new.pool_name || '", add it to pools first'
	WHEN NOT EXISTS (SELECT 1 FROM vms WHERE name = new.vm_name)
	THEN 'pool_members.vm_name: there is no VM "' || new.vm_name || '", add it to vms first'
	END;
END;
CREATE TRIGGER pool_members_insert_checked BEFORE INSERT ON pool_members
BEGIN
	INSERT INTO pool_member_rules VALUES ($columns(pool_members, new.));
	INSERT OR IGNORE INTO already_there SELECT 1 FROM pool_members
	WHERE pool_name = new.pool_name AND vm_name = new.vm_name;
END;
CREATE TRIGGER pool_members_update_checked BEFORE UPDATE ON pool_members
WHEN (new.pool_name, new.vm_name) <> (old.pool_name, old.vm_name)
BEGIN
	INSERT INTO pool_member_rules VALUES ($columns(pool_members, new.));
	INSERT INTO refusals SELECT 'pool_members: "' || new.vm_name || '" is in "' || new.pool_name || '" already, delete the other row'
	FROM pool_members
	WHERE pool_name = new.pool_name AND vm_name = new.vm_name;
END;

-- The columns of a grant that are no conditions.
CREATE VIEW grant_rules (effect, who, vm, service) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER grant_rules_checked INSTEAD OF INSERT ON grant_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN new.effect IS NOT 'allow' AND new.effect IS NOT 'deny'
	THEN 'grants.effect: "' || ifnull(new.effect, 'NULL') || '" is neither, write allow or deny'
	WHEN new.who GLOB '[*]@*' AND NOT EXISTS (SELECT 1 FROM users
		WHERE substr(name, 1 - length(new.who)) = substr(new.who, 2))
	THEN 'grants.who: no user is in the realm of "' || new.who || '", write one in lower case as it is in users'
	WHEN substr(new.who, 1, 1) = '%'
		AND NOT EXISTS (SELECT 1 FROM groups WHERE name = substr(new.who, 2))
	THEN 'grants.who: there is no group "' || substr(new.who, 2) || '", add it to groups first'
	WHEN new.who <> '*' AND new.who NOT GLOB '[*]@*' AND substr(new.who, 1, 1) <> '%'
		AND NOT EXISTS (SELECT 1 FROM users WHERE name = new.who)
	THEN 'grants.who: there is no user "' || new.who || '", add it to users first, or write %group, *@realm or *'
	WHEN substr(new.vm, 1, 1) = '%'
		AND NOT EXISTS (SELECT 1 FROM pools WHERE name = substr(new.vm, 2))
	THEN 'grants.vm: there is no pool "' || substr(new.vm, 2) || '", add it to pools first'
	WHEN new.vm <> '*' AND substr(new.vm, 1, 1) <> '%'
		AND NOT EXISTS (SELECT 1 FROM vms WHERE name = new.vm)
	THEN 'grants.vm: there is no VM "' || new.vm || '", add it to vms first, or write %pool or *'
	WHEN new.service NOT IN ('spice', 'vnc', 'both')
	THEN 'grants.service: "' || new.service || '" is none, write spice, vnc or both'
	END;
END;

-- The conditions of a grant, and may_take_over.
CREATE VIEW condition_rules AS
	SELECT $columns(grants) FROM grants WHERE 0;
CREATE TRIGGER condition_rules_checked INSTEAD OF INSERT ON condition_rules
BEGIN
	INSERT INTO glob_rules VALUES ('grants.cert_cn', new.cert_cn);
	INSERT INTO glob_rules VALUES ('grants.cert_san', new.cert_san);
	INSERT INTO net_rules VALUES ('grants.client_net', new.client_net);
	INSERT INTO text_rules VALUES ('grants.local_user', new.local_user, 32);
	INSERT INTO time_rules VALUES ('grants.not_before', new.not_before);
	INSERT INTO time_rules VALUES ('grants.not_after', new.not_after);
	INSERT INTO hours_rules VALUES ('grants.hours', new.hours);
	INSERT INTO refusals SELECT CASE
	WHEN new.cert_sha256 GLOB '*[^0-9A-Fa-f:]*'
		OR length(replace(new.cert_sha256, ':', '')) <> 64
		OR instr(new.cert_sha256, ':') AND new.cert_sha256 NOT GLOB
			replace(substr(hex(zeroblob(31)), 1, 62), '00', '[^:][^:]:') || '[^:][^:]'
	THEN 'grants.cert_sha256: "' || new.cert_sha256 || '" is no fingerprint, write 64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 shows them'
	WHEN lower(new.cert_cn) GLOB '*cn=*' OR lower(new.cert_cn) GLOB '*cn =*'
	THEN 'grants.cert_cn: "' || new.cert_cn || '" is more than the CN, write what stands behind its = alone'
	WHEN new.cert_san GLOB '[A-Za-z]*:*' AND new.cert_san NOT GLOB '*://*'
		AND lower(substr(new.cert_san, 1, instr(new.cert_san, ':'))) NOT IN ('dns:', 'email:', 'uri:')
	THEN 'grants.cert_san: "' || new.cert_san || '" begins with no type that is looked at, write DNS:, email: or URI: in front'
	WHEN new.local_user = '' OR new.local_user GLOB '*[ :/,%*@]*'
		OR new.local_user GLOB '-*' OR new.local_user GLOB '0[0-9]*'
	THEN 'grants.local_user: "' || new.local_user || '" is no account, write one of /etc/passwd, or its number'
	WHEN new.not_before >= new.not_after
	THEN 'grants.not_after: "' || new.not_after || '" leaves no time after not_before "' || new.not_before || '", write a later one'
	WHEN new.may_take_over IS NOT 0
	THEN 'grants.may_take_over: this version does not look at it, leave it 0'
	END;
END;

CREATE TRIGGER grants_insert_checked BEFORE INSERT ON grants
BEGIN
	INSERT INTO grant_rules VALUES (new.effect, new.who, new.vm, new.service);
	INSERT INTO condition_rules VALUES ($columns(grants, new.));
END;
CREATE TRIGGER grants_update_checked BEFORE UPDATE ON grants
BEGIN
	INSERT INTO grant_rules VALUES (new.effect, new.who, new.vm, new.service);
	INSERT INTO condition_rules VALUES ($columns(grants, new.));
	INSERT INTO refusals SELECT 'grants.id: ' || old.id || ' stands in the log and never becomes ' || new.id || ', add a new grant instead'
	WHERE new.id IS NOT old.id;
END;
-- Not BEFORE, where an id that SQLite is to choose looks like -1.
CREATE TRIGGER grants_insert_numbered AFTER INSERT ON grants
WHEN new.id < 1 OR new.id <= (SELECT seq FROM sqlite_sequence WHERE name = 'grants')
BEGIN
	INSERT INTO refusals VALUES ('grants.id: no number is given twice, leave ' || new.id || ' out');
END;

-- Every row of the policy once more, for a program that changed rows with the
-- triggers switched off.  A realm may have lost its users since a grant named
-- it, so realms are not looked up.
CREATE VIEW all_rules (ignored) AS SELECT NULL WHERE 0;
CREATE TRIGGER all_rules_checked INSTEAD OF INSERT ON all_rules
BEGIN
	INSERT INTO user_rules SELECT $columns(users) FROM users;
	INSERT INTO credential_rules SELECT $columns(credentials) FROM credentials;
	INSERT INTO set_rules SELECT 'groups.name', name FROM groups;
	INSERT INTO set_rules SELECT 'pools.name', name FROM pools;
	INSERT INTO group_member_rules SELECT $columns(group_members) FROM group_members;
	INSERT INTO pool_member_rules SELECT $columns(pool_members) FROM pool_members;
	INSERT INTO vm_rules SELECT $columns(vms) FROM vms;
	INSERT INTO grant_rules
	SELECT effect, iif(who GLOB '[*]@*', '*', who), vm, service FROM grants;
	INSERT INTO condition_rules SELECT $columns(grants) FROM grants;
END;
