-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- vmauthzd's record of what it decided: audit.db.  vmauthzd makes the file
-- itself; it is read with `vmauthz log`, or
--
--     sqlite3 -readonly /var/lib/vmauthz/audit.db 'SELECT * FROM decisions'
--
-- Without -readonly, and for as long as anybody has it open, vmauthzd can't
-- begin a new file.  Rows are added; triggers refuse to change them.

BEGIN IMMEDIATE;

PRAGMA application_id = 0x766d6175;	-- "vmau"
PRAGMA user_version = 1;

-- One row for each record, in the order in which they were written.  NULL:
-- unknown, or without a meaning for records of this kind.  Text has at most 511
-- octets, the last three of which are "..." if it was longer; a backslash, a
-- control character and octets that are not UTF-8 stand in it as \xNN.
CREATE TABLE records (
	-- Numbers continue in the next file, so that no two records share one.
	id INTEGER PRIMARY KEY,
	-- decision: a login
	-- session:  all channels of one user from one address on one VM
	-- ticket:   a one-time password
	-- event:    of the daemon itself
	kind TEXT NOT NULL CHECK (kind IN
		('decision', 'session', 'ticket', 'event')),
	-- session: begin, end; ticket: issued, used, lapsed; event: a word of
	-- the daemon's
	event TEXT CHECK (CASE kind WHEN 'decision' THEN event IS NULL
		ELSE event IS NOT NULL AND (kind = 'event'
		OR kind = 'session' AND event IN ('begin', 'end')
		OR kind = 'ticket' AND event IN ('issued', 'used', 'lapsed'))
		END),
	-- account that issued a ticket
	issued_by TEXT,
	-- From here on the names are those of the lines in the log, see
	-- libvmauthz(8).
	verdict TEXT CHECK (CASE kind WHEN 'decision'
		THEN verdict IS NOT NULL AND verdict IN ('allow', 'deny')
		ELSE verdict IS NULL END),
	-- name@realm
	user TEXT,
	vm TEXT,
	-- source that identified the VM: libvirt, cgroup, command-line
	vm_source TEXT,
	-- spice, vnc
	service TEXT,
	-- address; of a ticket that was issued: the network that it is for
	client TEXT,
	-- CN and fingerprint (SHA-256) of the client's certificate
	cert_cn TEXT,
	cert_sha256 BLOB CHECK (length(cert_sha256) = 32),
	-- account of this host whose process the client is
	local_user TEXT,
	-- milliseconds since 1970, in UTC
	at INTEGER NOT NULL,
	mechanism TEXT,
	-- mux, broker
	socket TEXT,
	-- grants.id, and history.revision, of the policy
	grant INTEGER,
	revision INTEGER,
	-- number of the ticket, and of the session
	ticket INTEGER,
	session INTEGER,
	-- why; of an event: details
	reason TEXT
) STRICT;

CREATE TRIGGER records_update_refused BEFORE UPDATE ON records
BEGIN
	SELECT RAISE(ABORT, 'the audit is append only: a record is never changed');
END;
CREATE TRIGGER records_delete_refused BEFORE DELETE ON records
BEGIN
	SELECT RAISE(ABORT, 'the audit is append only: a record is never deleted, audit_keep in vmauthzd.conf says how many files are kept');
END;
CREATE TRIGGER records_replace_refused BEFORE INSERT ON records
WHEN EXISTS (SELECT 1 FROM records WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'the audit is append only: a record is never replaced');
END;

-- --- views for the administrator --------------------------------------------

CREATE VIEW decisions AS
SELECT id, verdict, user, vm, vm_source, service, client, cert_cn,
	lower(hex(cert_sha256)) AS cert_sha256, local_user,
	strftime('%Y-%m-%d %H:%M:%f', at / 1000.0, 'unixepoch') AS at,
	mechanism, socket, grant, revision, ticket, session, reason
FROM records WHERE kind = 'decision';

CREATE VIEW sessions AS
SELECT id, event, user, vm, service, client,
	strftime('%Y-%m-%d %H:%M:%f', at / 1000.0, 'unixepoch') AS at,
	session, reason
FROM records WHERE kind = 'session';

CREATE VIEW tickets AS
SELECT id, event, issued_by, user, vm, client,
	strftime('%Y-%m-%d %H:%M:%f', at / 1000.0, 'unixepoch') AS at, ticket
FROM records WHERE kind = 'ticket';

CREATE VIEW events AS
SELECT id, event,
	strftime('%Y-%m-%d %H:%M:%f', at / 1000.0, 'unixepoch') AS at, reason
FROM records WHERE kind = 'event';

COMMIT;
