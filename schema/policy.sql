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

-- Teams.  Grants name them with a % in front: '%staff'.
CREATE TABLE groups (
	name TEXT NOT NULL PRIMARY KEY,
	comment TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
	group_name TEXT NOT NULL REFERENCES groups (name),
	-- 'alice@example.org', or '%interns': whoever is in that group
	user_name TEXT NOT NULL,
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
	-- port of its SPICE server; NULL: any (VNC has another, not looked at)
	spice_port INTEGER,
	-- 0 keeps everybody out
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
	comment TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX vms_by_port ON vms (spice_port);

-- Sets of VMs.  Grants name them with a % in front: '%lab'.
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
-- One 'deny' that matches beats every 'allow'.  A condition that can't be told
-- (no certificate was shown, no account found) does not hold for an 'allow'
-- and does for a 'deny'.
CREATE TABLE grants (
	-- never used twice, for it stands in the log
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	-- 'allow' or 'deny'
	effect TEXT NOT NULL DEFAULT 'allow',
	-- 'alice@example.org'; '%staff', a group; '*@example.org', everybody in
	-- `users` with that realm; '*', everybody in `users`
	who TEXT NOT NULL,
	-- 'debianx'; '%lab', a pool; '*', every VM in `vms`
	vm TEXT NOT NULL,
	-- 'spice', 'vnc' or 'both'.  NULL: 'spice' for an allow, 'both' for a deny
	service TEXT,
	-- The CN of his client certificate has to look like this: a glob
	-- (* ? [a-z]), upper and lower case alike.  %u is the user's name without
	-- the realm, %% a per cent sign: '%u-laptop'.
	cert_cn TEXT,
	-- One of its alternative names has to look like this: 'DNS:*.example.org',
	-- 'email:%u@example.org', 'URI:spiffe://example.org/%u', or without the
	-- type in front for a name of any.
	cert_san TEXT,
	-- Its SHA-256 fingerprint has to be this, as `openssl x509 -noout
	-- -fingerprint -sha256` shows it; the colons may be left out.
	cert_sha256 TEXT,
	-- He has to come from this address or network: '192.0.2.7',
	-- '192.0.2.0/24', '2001:db8::/32'
	client_net TEXT,
	-- He has to come from this very host (through an SSH tunnel, say), from a
	-- process of this account: 'alice', or a number for an account that is
	-- not in /etc/passwd
	local_user TEXT,
	-- From this minute on, and until this minute begins, in UTC:
	-- '2026-12-24 08:00'
	not_before TEXT,
	not_after TEXT,
	-- At these hours of the week, local time of the host or of the zone in
	-- front: 'Mon-Fri 08:00-18:00, Sat 09:00-12:00',
	-- 'Europe/Berlin 22:00-06:00'
	hours TEXT,
	-- Refused in this version, which takes nobody's screen into account.
	may_take_over INTEGER NOT NULL DEFAULT 0,
	comment TEXT
) STRICT;
CREATE INDEX grants_by_pair ON grants (who, vm);
CREATE INDEX grants_by_vm ON grants (vm);

-- Time zones that `hours` may name.  Add one that is missing.
CREATE TABLE zones (
	name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO zones (name) VALUES ('UTC');
INSERT INTO zones (name) SELECT area || '/' || place.value FROM (
	SELECT 'Africa' AS area, 'Abidjan Accra Addis_Ababa Algiers Asmara Bamako Bangui Banjul Bissau Blantyre
		Brazzaville Bujumbura Cairo Casablanca Ceuta Conakry Dakar Dar_es_Salaam Djibouti
		Douala El_Aaiun Freetown Gaborone Harare Johannesburg Juba Kampala Khartoum Kigali
		Kinshasa Lagos Libreville Lome Luanda Lubumbashi Lusaka Malabo Maputo Maseru Mbabane
		Mogadishu Monrovia Nairobi Ndjamena Niamey Nouakchott Ouagadougou Porto-Novo
		Sao_Tome Tripoli Tunis Windhoek' AS places
	UNION ALL SELECT 'America', 'Adak Anchorage Anguilla Antigua Araguaina Argentina/Buenos_Aires Argentina/Catamarca
		Argentina/Cordoba Argentina/Jujuy Argentina/La_Rioja Argentina/Mendoza
		Argentina/Rio_Gallegos Argentina/Salta Argentina/San_Juan Argentina/San_Luis
		Argentina/Tucuman Argentina/Ushuaia Aruba Asuncion Atikokan Bahia Bahia_Banderas
		Barbados Belem Belize Blanc-Sablon Boa_Vista Bogota Boise Cambridge_Bay Campo_Grande
		Cancun Caracas Cayenne Cayman Chicago Chihuahua Ciudad_Juarez Costa_Rica Coyhaique
		Creston Cuiaba Curacao Danmarkshavn Dawson Dawson_Creek Denver Detroit Dominica
		Edmonton Eirunepe El_Salvador Fort_Nelson Fortaleza Glace_Bay Goose_Bay Grand_Turk
		Grenada Guadeloupe Guatemala Guayaquil Guyana Halifax Havana Hermosillo
		Indiana/Indianapolis Indiana/Knox Indiana/Marengo Indiana/Petersburg
		Indiana/Tell_City Indiana/Vevay Indiana/Vincennes Indiana/Winamac Inuvik Iqaluit
		Jamaica Juneau Kentucky/Louisville Kentucky/Monticello Kralendijk La_Paz Lima
		Los_Angeles Lower_Princes Maceio Managua Manaus Marigot Martinique Matamoros
		Mazatlan Menominee Merida Metlakatla Mexico_City Miquelon Moncton Monterrey
		Montevideo Montserrat Nassau New_York Nome Noronha North_Dakota/Beulah
		North_Dakota/Center North_Dakota/New_Salem Nuuk Ojinaga Panama Paramaribo Phoenix
		Port-au-Prince Port_of_Spain Porto_Velho Puerto_Rico Punta_Arenas Rankin_Inlet
		Recife Regina Resolute Rio_Branco Santarem Santiago Santo_Domingo Sao_Paulo
		Scoresbysund Sitka St_Barthelemy St_Johns St_Kitts St_Lucia St_Thomas St_Vincent
		Swift_Current Tegucigalpa Thule Tijuana Toronto Tortola Vancouver Whitehorse
		Winnipeg Yakutat'
	UNION ALL SELECT 'Antarctica', 'Casey Davis DumontDUrville Macquarie Mawson McMurdo Palmer Rothera Syowa Troll
		Vostok'
	UNION ALL SELECT 'Arctic', 'Longyearbyen'
	UNION ALL SELECT 'Asia', 'Aden Almaty Amman Anadyr Aqtau Aqtobe Ashgabat Atyrau Baghdad Bahrain Baku Bangkok
		Barnaul Beirut Bishkek Brunei Chita Colombo Damascus Dhaka Dili Dubai Dushanbe
		Famagusta Gaza Hebron Ho_Chi_Minh Hong_Kong Hovd Irkutsk Jakarta Jayapura Jerusalem
		Kabul Kamchatka Karachi Kathmandu Khandyga Kolkata Krasnoyarsk Kuala_Lumpur Kuching
		Kuwait Macau Magadan Makassar Manila Muscat Nicosia Novokuznetsk Novosibirsk Omsk
		Oral Phnom_Penh Pontianak Pyongyang Qatar Qostanay Qyzylorda Riyadh Sakhalin
		Samarkand Seoul Shanghai Singapore Srednekolymsk Taipei Tashkent Tbilisi Tehran
		Thimphu Tokyo Tomsk Ulaanbaatar Urumqi Ust-Nera Vientiane Vladivostok Yakutsk Yangon
		Yekaterinburg Yerevan'
	UNION ALL SELECT 'Atlantic', 'Azores Bermuda Canary Cape_Verde Faroe Madeira Reykjavik South_Georgia St_Helena
		Stanley'
	UNION ALL SELECT 'Australia', 'Adelaide Brisbane Broken_Hill Darwin Eucla Hobart Lindeman Lord_Howe Melbourne Perth
		Sydney'
	UNION ALL SELECT 'Europe', 'Amsterdam Andorra Astrakhan Athens Belgrade Berlin Bratislava Brussels Bucharest
		Budapest Busingen Chisinau Copenhagen Dublin Gibraltar Guernsey Helsinki Isle_of_Man
		Istanbul Jersey Kaliningrad Kirov Kyiv Lisbon Ljubljana London Luxembourg Madrid
		Malta Mariehamn Minsk Monaco Moscow Oslo Paris Podgorica Prague Riga Rome Samara
		San_Marino Sarajevo Saratov Simferopol Skopje Sofia Stockholm Tallinn Tirane
		Ulyanovsk Vaduz Vatican Vienna Vilnius Volgograd Warsaw Zagreb Zurich'
	UNION ALL SELECT 'Indian', 'Antananarivo Chagos Christmas Cocos Comoro Kerguelen Mahe Maldives Mauritius Mayotte
		Reunion'
	UNION ALL SELECT 'Pacific', 'Apia Auckland Bougainville Chatham Chuuk Easter Efate Fakaofo Fiji Funafuti
		Galapagos Gambier Guadalcanal Guam Honolulu Kanton Kiritimati Kosrae Kwajalein
		Majuro Marquesas Midway Nauru Niue Norfolk Noumea Pago_Pago Palau Pitcairn Pohnpei
		Port_Moresby Rarotonga Saipan Tahiti Tarawa Tongatapu Wake Wallis'
), json_each('["' || replace(replace(replace(places, char(9), ''), char(10), ' '),
	' ', '","') || '"]') AS place;

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
-- Each kind of row, and each kind of value, has one list of rules: the INSTEAD
-- OF trigger of a view that holds nothing.  The tables' triggers put every new
-- row through theirs.

-- What a rule has to say goes here (NULL: nothing).  Before SQLite 3.47 RAISE()
-- takes a fixed text only, while a JSON path that is none is repeated in the
-- error message.
CREATE VIEW refusals (message) AS SELECT NULL WHERE 0;
CREATE TRIGGER refusals_told INSTEAD OF INSERT ON refusals
WHEN new.message IS NOT NULL
BEGIN
	SELECT json_extract('{}', new.message);
	SELECT RAISE(ABORT, 'refused');
END;

-- REPLACE deletes a row, with what hangs on it or without, as the pragmas are.
-- Its conflict clause also rules the statements inside triggers, so the old
-- row of this table gives way to a REPLACE and to nothing else.
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

-- A zone, perhaps, then days and times of day between commas.
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

-- A zone that no hours can name, or one less that some do.
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

-- name, and what is left and right of its last '@' (left with the '@')
CREATE VIEW user_rules (name, enabled, expires) AS SELECT NULL, NULL, NULL WHERE 0;
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
	THEN 'users.enabled: "' || ifnull(new.enabled, 'NULL') || '" is neither 1 nor 0, write 1, or 0 to lock him out'
	END
	FROM (SELECT
		rtrim(new.name, replace(new.name, '@', '')) AS local,
		substr(new.name, length(rtrim(new.name, replace(new.name, '@', ''))) + 1) AS realm);
	INSERT INTO time_rules VALUES ('users.expires', new.expires);
END;

CREATE TRIGGER users_insert_checked BEFORE INSERT ON users
BEGIN
	INSERT INTO user_rules VALUES (new.name, new.enabled, new.expires);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM users WHERE name = new.name;
END;
CREATE TRIGGER users_update_checked BEFORE UPDATE ON users
BEGIN
	INSERT INTO user_rules VALUES (new.name, new.enabled, new.expires);
	INSERT INTO refusals SELECT 'users.name: there is a user "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM users WHERE name = new.name);
	INSERT INTO refusals SELECT 'users.name: grant ' || id || ' denies something to "' || who || '", where "' || new.name || '" would not be, delete it first or add a new user'
	FROM grants WHERE effect <> 'allow' AND who GLOB '[*]@*'
		AND substr(old.name, 1 - length(who)) = substr(who, 2)
		AND substr(new.name, 1 - length(who)) <> substr(who, 2) LIMIT 1;
END;

CREATE VIEW credential_rules (user_name, mechanism, iterations, salt,
	stored_key, server_key) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;
CREATE TRIGGER credential_rules_checked INSTEAD OF INSERT ON credential_rules
BEGIN
	INSERT INTO refusals SELECT CASE
	WHEN NOT EXISTS (SELECT 1 FROM users WHERE name = new.user_name)
	THEN 'credentials.user_name: there is no user "' || new.user_name || '", add him to users first'
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
	INSERT INTO credential_rules VALUES (new.user_name, new.mechanism,
		new.iterations, new.salt, new.stored_key, new.server_key);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM credentials
	WHERE user_name = new.user_name AND mechanism = new.mechanism;
END;
CREATE TRIGGER credentials_update_checked BEFORE UPDATE ON credentials
BEGIN
	INSERT INTO credential_rules VALUES (new.user_name, new.mechanism,
		new.iterations, new.salt, new.stored_key, new.server_key);
	INSERT INTO refusals SELECT 'credentials: "' || new.user_name || '" has one for ' || new.mechanism || ', delete it first or use vmauthz passwd'
	WHERE (new.user_name, new.mechanism) <> (old.user_name, old.mechanism)
		AND EXISTS (SELECT 1 FROM credentials
			WHERE user_name = new.user_name AND mechanism = new.mechanism);
END;

CREATE VIEW vm_rules (name, uuid, spice_port, enabled) AS
	SELECT NULL, NULL, NULL, NULL WHERE 0;
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
	INSERT INTO vm_rules VALUES (new.name, new.uuid, new.spice_port, new.enabled);
	INSERT INTO refusals SELECT 'vms.uuid: "' || uuid || '" belongs to the VM "' || name || '", write that of "' || new.name || '"'
	FROM vms WHERE uuid = new.uuid AND name <> new.name;
	INSERT OR IGNORE INTO already_there SELECT 1 FROM vms WHERE name = new.name;
END;
CREATE TRIGGER vms_update_checked BEFORE UPDATE ON vms
BEGIN
	INSERT INTO vm_rules VALUES (new.name, new.uuid, new.spice_port, new.enabled);
	INSERT INTO refusals SELECT 'vms.uuid: "' || uuid || '" belongs to the VM "' || name || '", write that of "' || new.name || '"'
	FROM vms WHERE uuid = new.uuid AND name <> old.name;
	INSERT INTO refusals SELECT 'vms.name: there is a VM "' || new.name || '" already, choose another name or delete one'
	WHERE new.name <> old.name
		AND EXISTS (SELECT 1 FROM vms WHERE name = new.name);
END;

-- of groups and of pools
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
CREATE VIEW group_member_rules (group_name, user_name) AS SELECT NULL, NULL WHERE 0;
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
	THEN 'group_members.user_name: there is no user "' || new.user_name || '", add him to users first, or write %group for the members of a group'
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
	INSERT INTO group_member_rules VALUES (new.group_name, new.user_name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM group_members
	WHERE group_name = new.group_name AND user_name = new.user_name;
END;
CREATE TRIGGER group_members_update_checked BEFORE UPDATE ON group_members
WHEN (new.group_name, new.user_name) <> (old.group_name, old.user_name)
BEGIN
	INSERT INTO group_member_rules VALUES (new.group_name, new.user_name);
	INSERT INTO refusals SELECT 'group_members: "' || new.user_name || '" is in "' || new.group_name || '" already, delete the other row'
	FROM group_members
	WHERE group_name = new.group_name AND user_name = new.user_name;
END;

CREATE VIEW pool_member_rules (pool_name, vm_name) AS SELECT NULL, NULL WHERE 0;
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
	INSERT INTO pool_member_rules VALUES (new.pool_name, new.vm_name);
	INSERT OR IGNORE INTO already_there SELECT 1 FROM pool_members
	WHERE pool_name = new.pool_name AND vm_name = new.vm_name;
END;
CREATE TRIGGER pool_members_update_checked BEFORE UPDATE ON pool_members
WHEN (new.pool_name, new.vm_name) <> (old.pool_name, old.vm_name)
BEGIN
	INSERT INTO pool_member_rules VALUES (new.pool_name, new.vm_name);
	INSERT INTO refusals SELECT 'pool_members: "' || new.vm_name || '" is in "' || new.pool_name || '" already, delete the other row'
	FROM pool_members
	WHERE pool_name = new.pool_name AND vm_name = new.vm_name;
END;

-- whom and what a grant is about
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
	THEN 'grants.who: there is no user "' || new.who || '", add him to users first, or write %group, *@realm or *'
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

CREATE VIEW condition_rules (cert_cn, cert_san, cert_sha256, client_net,
	local_user, not_before, not_after, hours, may_take_over) AS
	SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE 0;
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
	INSERT INTO condition_rules VALUES (new.cert_cn, new.cert_san,
		new.cert_sha256, new.client_net, new.local_user, new.not_before,
		new.not_after, new.hours, new.may_take_over);
END;
CREATE TRIGGER grants_update_checked BEFORE UPDATE ON grants
BEGIN
	INSERT INTO grant_rules VALUES (new.effect, new.who, new.vm, new.service);
	INSERT INTO condition_rules VALUES (new.cert_cn, new.cert_san,
		new.cert_sha256, new.client_net, new.local_user, new.not_before,
		new.not_after, new.hours, new.may_take_over);
	INSERT INTO refusals SELECT 'grants.id: ' || old.id || ' stands in the log and never becomes ' || new.id || ', add a new grant instead'
	WHERE new.id IS NOT old.id;
END;
-- Not BEFORE, where an id that SQLite is to choose looks like -1.
CREATE TRIGGER grants_insert_numbered AFTER INSERT ON grants
WHEN new.id < 1 OR new.id <= (SELECT seq FROM sqlite_sequence WHERE name = 'grants')
BEGIN
	INSERT INTO refusals VALUES ('grants.id: no number is given twice, leave ' || new.id || ' out');
END;

-- --- renaming and deleting ------------------------------------------------------------
--
-- What is about a user, a VM, a group or a pool follows a new name and goes
-- when he goes; a deny never goes by itself.

CREATE TRIGGER users_delete_refused BEFORE DELETE ON users
BEGIN
	INSERT INTO refusals SELECT 'users: grant ' || id || ' denies "' || old.name || '" something, delete it first or set enabled = 0'
	FROM grants WHERE who = old.name AND effect <> 'allow' LIMIT 1;
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
BEGIN
	INSERT INTO refusals SELECT 'vms: grant ' || id || ' denies "' || old.name || '" to somebody, delete it first or set enabled = 0'
	FROM grants WHERE vm = old.name AND effect <> 'allow' LIMIT 1;
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

-- Through a group inside another one a deny may reach its members, too.
CREATE TRIGGER groups_delete_refused BEFORE DELETE ON groups
BEGIN
	INSERT INTO refusals SELECT 'groups: grant ' || id || ' denies the members of "' || old.name || '" something, delete it first, or their rows in group_members'
	FROM grants WHERE effect <> 'allow' AND substr(who, 1, 1) = '%'
		AND (substr(who, 2) = old.name OR substr(who, 2) IN (
			WITH RECURSIVE above (name) AS (SELECT old.name
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above)
			AND EXISTS (SELECT 1 FROM group_members WHERE group_name = old.name))
	LIMIT 1;
END;
CREATE TRIGGER groups_deleted AFTER DELETE ON groups
BEGIN
	DELETE FROM group_members WHERE group_name = old.name OR user_name = '%' || old.name;
	DELETE FROM grants WHERE who = '%' || old.name;
END;
CREATE TRIGGER groups_renamed AFTER UPDATE OF name ON groups
WHEN new.name <> old.name
BEGIN
	UPDATE group_members SET group_name = new.name WHERE group_name = old.name;
	UPDATE group_members SET user_name = '%' || new.name WHERE user_name = '%' || old.name;
	UPDATE grants SET who = '%' || new.name WHERE who = '%' || old.name;
END;

CREATE TRIGGER pools_delete_refused BEFORE DELETE ON pools
BEGIN
	INSERT INTO refusals SELECT 'pools: grant ' || id || ' denies the VMs of "' || old.name || '" to somebody, delete it first'
	FROM grants WHERE vm = '%' || old.name AND effect <> 'allow' LIMIT 1;
END;
CREATE TRIGGER pools_deleted AFTER DELETE ON pools
BEGIN
	DELETE FROM pool_members WHERE pool_name = old.name;
	DELETE FROM grants WHERE vm = '%' || old.name;
END;
CREATE TRIGGER pools_renamed AFTER UPDATE OF name ON pools
WHEN new.name <> old.name
BEGIN
	UPDATE pool_members SET pool_name = new.name WHERE pool_name = old.name;
	UPDATE grants SET vm = '%' || new.name WHERE vm = '%' || old.name;
END;

-- --- history -----------------------------------------------------------------------------
--
-- Every change of the tables above, in the order in which they happened, for
-- `vmauthz history` and `vmauthz undo`.  Verifiers are not kept.

CREATE TABLE history (
	revision INTEGER PRIMARY KEY AUTOINCREMENT,
	-- UTC
	time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now')),
	table_name TEXT NOT NULL,
	-- the row before and after as JSON objects; NULL: there was none
	old TEXT,
	new TEXT
) STRICT;

-- A row that SQLite is to number looks like -1 here.
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

CREATE TRIGGER users_insert_kept AFTER INSERT ON users
BEGIN
	INSERT INTO history (table_name, new) VALUES ('users',
		json_object('name', new.name, 'enabled', new.enabled, 'expires', new.expires,
		'comment', new.comment));
END;
CREATE TRIGGER users_update_kept AFTER UPDATE ON users
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('users',
		json_object('name', old.name, 'enabled', old.enabled, 'expires', old.expires,
		'comment', old.comment),
		json_object('name', new.name, 'enabled', new.enabled, 'expires', new.expires,
		'comment', new.comment));
END;
CREATE TRIGGER users_delete_kept AFTER DELETE ON users
BEGIN
	INSERT INTO history (table_name, old) VALUES ('users',
		json_object('name', old.name, 'enabled', old.enabled, 'expires', old.expires,
		'comment', old.comment));
END;

CREATE TRIGGER credentials_insert_kept AFTER INSERT ON credentials
BEGIN
	INSERT INTO history (table_name, new) VALUES ('credentials',
		json_object('user_name', new.user_name, 'mechanism', new.mechanism,
		'iterations', new.iterations));
END;
CREATE TRIGGER credentials_update_kept AFTER UPDATE ON credentials
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('credentials',
		json_object('user_name', old.user_name, 'mechanism', old.mechanism,
		'iterations', old.iterations),
		json_object('user_name', new.user_name, 'mechanism', new.mechanism,
		'iterations', new.iterations));
END;
CREATE TRIGGER credentials_delete_kept AFTER DELETE ON credentials
BEGIN
	INSERT INTO history (table_name, old) VALUES ('credentials',
		json_object('user_name', old.user_name, 'mechanism', old.mechanism,
		'iterations', old.iterations));
END;

CREATE TRIGGER groups_insert_kept AFTER INSERT ON groups
BEGIN
	INSERT INTO history (table_name, new) VALUES ('groups',
		json_object('name', new.name, 'comment', new.comment));
END;
CREATE TRIGGER groups_update_kept AFTER UPDATE ON groups
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('groups',
		json_object('name', old.name, 'comment', old.comment),
		json_object('name', new.name, 'comment', new.comment));
END;
CREATE TRIGGER groups_delete_kept AFTER DELETE ON groups
BEGIN
	INSERT INTO history (table_name, old) VALUES ('groups',
		json_object('name', old.name, 'comment', old.comment));
END;

CREATE TRIGGER group_members_insert_kept AFTER INSERT ON group_members
BEGIN
	INSERT INTO history (table_name, new) VALUES ('group_members',
		json_object('group_name', new.group_name, 'user_name', new.user_name));
END;
CREATE TRIGGER group_members_update_kept AFTER UPDATE ON group_members
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('group_members',
		json_object('group_name', old.group_name, 'user_name', old.user_name),
		json_object('group_name', new.group_name, 'user_name', new.user_name));
END;
CREATE TRIGGER group_members_delete_kept AFTER DELETE ON group_members
BEGIN
	INSERT INTO history (table_name, old) VALUES ('group_members',
		json_object('group_name', old.group_name, 'user_name', old.user_name));
END;

CREATE TRIGGER vms_insert_kept AFTER INSERT ON vms
BEGIN
	INSERT INTO history (table_name, new) VALUES ('vms',
		json_object('name', new.name, 'uuid', new.uuid, 'spice_port', new.spice_port,
		'enabled', new.enabled, 'comment', new.comment));
END;
CREATE TRIGGER vms_update_kept AFTER UPDATE ON vms
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('vms',
		json_object('name', old.name, 'uuid', old.uuid, 'spice_port', old.spice_port,
		'enabled', old.enabled, 'comment', old.comment),
		json_object('name', new.name, 'uuid', new.uuid, 'spice_port', new.spice_port,
		'enabled', new.enabled, 'comment', new.comment));
END;
CREATE TRIGGER vms_delete_kept AFTER DELETE ON vms
BEGIN
	INSERT INTO history (table_name, old) VALUES ('vms',
		json_object('name', old.name, 'uuid', old.uuid, 'spice_port', old.spice_port,
		'enabled', old.enabled, 'comment', old.comment));
END;

CREATE TRIGGER pools_insert_kept AFTER INSERT ON pools
BEGIN
	INSERT INTO history (table_name, new) VALUES ('pools',
		json_object('name', new.name, 'comment', new.comment));
END;
CREATE TRIGGER pools_update_kept AFTER UPDATE ON pools
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('pools',
		json_object('name', old.name, 'comment', old.comment),
		json_object('name', new.name, 'comment', new.comment));
END;
CREATE TRIGGER pools_delete_kept AFTER DELETE ON pools
BEGIN
	INSERT INTO history (table_name, old) VALUES ('pools',
		json_object('name', old.name, 'comment', old.comment));
END;

CREATE TRIGGER pool_members_insert_kept AFTER INSERT ON pool_members
BEGIN
	INSERT INTO history (table_name, new) VALUES ('pool_members',
		json_object('pool_name', new.pool_name, 'vm_name', new.vm_name));
END;
CREATE TRIGGER pool_members_update_kept AFTER UPDATE ON pool_members
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('pool_members',
		json_object('pool_name', old.pool_name, 'vm_name', old.vm_name),
		json_object('pool_name', new.pool_name, 'vm_name', new.vm_name));
END;
CREATE TRIGGER pool_members_delete_kept AFTER DELETE ON pool_members
BEGIN
	INSERT INTO history (table_name, old) VALUES ('pool_members',
		json_object('pool_name', old.pool_name, 'vm_name', old.vm_name));
END;

CREATE TRIGGER grants_insert_kept AFTER INSERT ON grants
BEGIN
	INSERT INTO history (table_name, new) VALUES ('grants',
		json_object('id', new.id, 'effect', new.effect, 'who', new.who, 'vm', new.vm,
		'service', new.service, 'cert_cn', new.cert_cn,
		'cert_san', new.cert_san, 'cert_sha256', new.cert_sha256,
		'client_net', new.client_net, 'local_user', new.local_user,
		'not_before', new.not_before, 'not_after', new.not_after,
		'hours', new.hours, 'may_take_over', new.may_take_over,
		'comment', new.comment));
END;
CREATE TRIGGER grants_update_kept AFTER UPDATE ON grants
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('grants',
		json_object('id', old.id, 'effect', old.effect, 'who', old.who, 'vm', old.vm,
		'service', old.service, 'cert_cn', old.cert_cn,
		'cert_san', old.cert_san, 'cert_sha256', old.cert_sha256,
		'client_net', old.client_net, 'local_user', old.local_user,
		'not_before', old.not_before, 'not_after', old.not_after,
		'hours', old.hours, 'may_take_over', old.may_take_over,
		'comment', old.comment),
		json_object('id', new.id, 'effect', new.effect, 'who', new.who, 'vm', new.vm,
		'service', new.service, 'cert_cn', new.cert_cn,
		'cert_san', new.cert_san, 'cert_sha256', new.cert_sha256,
		'client_net', new.client_net, 'local_user', new.local_user,
		'not_before', new.not_before, 'not_after', new.not_after,
		'hours', new.hours, 'may_take_over', new.may_take_over,
		'comment', new.comment));
END;
CREATE TRIGGER grants_delete_kept AFTER DELETE ON grants
BEGIN
	INSERT INTO history (table_name, old) VALUES ('grants',
		json_object('id', old.id, 'effect', old.effect, 'who', old.who, 'vm', old.vm,
		'service', old.service, 'cert_cn', old.cert_cn,
		'cert_san', old.cert_san, 'cert_sha256', old.cert_sha256,
		'client_net', old.client_net, 'local_user', old.local_user,
		'not_before', old.not_before, 'not_after', old.not_after,
		'hours', old.hours, 'may_take_over', old.may_take_over,
		'comment', old.comment));
END;

CREATE TRIGGER zones_insert_kept AFTER INSERT ON zones
BEGIN
	INSERT INTO history (table_name, new) VALUES ('zones',
		json_object('name', new.name));
END;
CREATE TRIGGER zones_update_kept AFTER UPDATE ON zones
BEGIN
	INSERT INTO history (table_name, old, new) VALUES ('zones',
		json_object('name', old.name), json_object('name', new.name));
END;
CREATE TRIGGER zones_delete_kept AFTER DELETE ON zones
BEGIN
	INSERT INTO history (table_name, old) VALUES ('zones',
		json_object('name', old.name));
END;

-- --- what to look at ---------------------------------------------------------------------

-- Who is in a group, also through the groups in it.
CREATE VIEW memberships (group_name, user_name) AS
WITH RECURSIVE inside (group_name, member) AS (
	SELECT group_name, user_name FROM group_members
	UNION SELECT inside.group_name, group_members.user_name
	FROM inside JOIN group_members ON group_members.group_name = substr(inside.member, 2)
	WHERE substr(inside.member, 1, 1) = '%')
SELECT group_name, member FROM inside WHERE substr(member, 1, 1) <> '%';

-- The users and the VMs that a grant is about.
CREATE VIEW grant_users (grant_id, user) AS
SELECT id, who FROM grants WHERE substr(who, 1, 1) NOT IN ('*', '%')
UNION ALL SELECT id, users.name FROM grants JOIN users WHERE who = '*'
UNION ALL SELECT id, users.name FROM grants
	CROSS JOIN users ON substr(users.name, 1 - length(who)) = substr(who, 2)
	WHERE who GLOB '[*]@*'
UNION ALL SELECT id, user_name FROM grants
	JOIN memberships ON group_name = substr(who, 2) WHERE substr(who, 1, 1) = '%';

CREATE VIEW grant_vms (grant_id, vm) AS
SELECT id, vm FROM grants WHERE substr(vm, 1, 1) NOT IN ('*', '%')
UNION ALL SELECT id, vms.name FROM grants JOIN vms WHERE grants.vm = '*'
UNION ALL SELECT id, vm_name FROM grants
	JOIN pool_members ON pool_name = substr(vm, 2) WHERE substr(vm, 1, 1) = '%';

-- The grants that say no, whether always, and to which service.
CREATE VIEW denies (id, who, vm, service, always) AS
SELECT id, who, vm, coalesce(service, 'both'),
	coalesce(cert_cn, cert_san, cert_sha256, client_net, local_user,
		not_before, not_after, hours) IS NULL
FROM grants WHERE effect = 'deny'
	AND (not_after IS NULL OR not_after > strftime('%Y-%m-%d %H:%M', 'now'));

-- Who may open what under which conditions, one row a user, VM and grant;
-- those whom a deny keeps out whatever happens are left out.
-- denied_by: the grants that keep him out under conditions of their own.
CREATE VIEW access (user, vm, service, cert_cn, cert_san, cert_sha256,
	client_net, local_user, not_before, not_after, hours, grant_id, denied_by) AS
SELECT users.name, vms.name, coalesce(grants.service, 'spice'), cert_cn,
	cert_san, cert_sha256, client_net, local_user, not_before, not_after,
	hours, grants.id, group_concat(denies.id, ', ')
FROM grants
JOIN grant_users ON grant_users.grant_id = grants.id
JOIN grant_vms ON grant_vms.grant_id = grants.id
JOIN users ON users.name = grant_users.user
JOIN vms ON vms.name = grant_vms.vm
LEFT JOIN denies ON (denies.service IN ('both', coalesce(grants.service, 'spice'))
		OR grants.service = 'both')
	AND (denies.who IN (users.name, '*')
		OR denies.who GLOB '[*]@*'
		AND substr(users.name, 1 - length(denies.who)) = substr(denies.who, 2)
		OR substr(denies.who, 1, 1) = '%' AND substr(denies.who, 2) IN (
			WITH RECURSIVE above (name) AS (
				SELECT group_name FROM group_members WHERE user_name = users.name
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above))
	AND (denies.vm IN (vms.name, '*')
		OR substr(denies.vm, 1, 1) = '%' AND substr(denies.vm, 2) IN (
			SELECT pool_name FROM pool_members WHERE vm_name = vms.name))
WHERE effect = 'allow' AND users.enabled AND vms.enabled
	AND (users.expires IS NULL OR users.expires > strftime('%Y-%m-%d %H:%M', 'now'))
	AND (not_after IS NULL OR not_after > strftime('%Y-%m-%d %H:%M', 'now'))
GROUP BY users.name, vms.name, grants.id
HAVING NOT coalesce(max(denies.always
	AND denies.service IN ('both', coalesce(grants.service, 'spice'))), 0);

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
SELECT 'group', name, 'has no members'
FROM groups WHERE name NOT IN (SELECT group_name FROM memberships)
UNION ALL
SELECT 'pool', name, 'has no members'
FROM pools WHERE name NOT IN (SELECT pool_name FROM pool_members)
UNION ALL
SELECT 'vm', name, 'is disabled and has grants'
FROM vms WHERE NOT enabled AND name IN (SELECT vm FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'vm', name, 'can be opened by nobody'
FROM vms WHERE enabled AND name NOT IN (SELECT vm FROM access)
UNION ALL
SELECT 'grant', id, 'has expired'
FROM grants WHERE not_after <= strftime('%Y-%m-%d %H:%M', 'now')
UNION ALL
SELECT 'grant', id, 'is about no user'
FROM grants WHERE id NOT IN (SELECT grant_id FROM grant_users)
UNION ALL
SELECT 'grant', id, 'is about no VM'
FROM grants WHERE id NOT IN (SELECT grant_id FROM grant_vms)
UNION ALL
SELECT 'grant', grants.id, 'allows nothing, as grant ' || min(denies.id) || ' denies it all'
FROM grants JOIN denies ON denies.always
	AND denies.service IN ('both', coalesce(grants.service, 'spice'))
	AND (denies.who IN (grants.who, '*')
		OR denies.who GLOB '[*]@*' AND substr(denies.who, 2) = substr(grants.who, 1 - length(denies.who))
		OR substr(denies.who, 1, 1) = '%' AND substr(denies.who, 2) IN (
			WITH RECURSIVE above (name) AS (
				SELECT group_name FROM group_members WHERE user_name = grants.who
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above))
	AND (denies.vm IN (grants.vm, '*')
		OR substr(denies.vm, 1, 1) = '%' AND substr(denies.vm, 2) IN (
			SELECT pool_name FROM pool_members WHERE vm_name = grants.vm))
WHERE grants.effect = 'allow' GROUP BY grants.id
UNION ALL
SELECT 'grant', id, 'lets every user open every VM'
FROM grants WHERE effect = 'allow' AND who = '*' AND vm = '*'
	AND coalesce(cert_cn, cert_san, cert_sha256, client_net, local_user,
		not_before, not_after, hours) IS NULL;

COMMIT;
