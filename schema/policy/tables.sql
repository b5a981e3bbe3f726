-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- The tables of the policy, and the history of their changes.
--
-- join.awk reads the columns here, for the history and for the views and rules
-- that are about all columns of a table: a new column is added here alone.
-- For that every table has the same shape: "CREATE TABLE name (" on one line,
-- each column on a line of its own behind one tab, and what continues a line
-- behind two tabs.  The history keeps every column but BLOBs, which are secrets.

-- --- users -------------------------------------------------------------------

CREATE TABLE users (
	-- name@realm, the realm in lower case: 'alice@example.org'.
	-- The last '@' splits.  The name's case counts.
	name TEXT NOT NULL PRIMARY KEY,
	-- 0 locks the user out of everything; grants and password stay.
	enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
	-- From this minute on the user is locked out, in UTC:
	-- '2026-12-31 18:00'.
	-- NULL: never.
	expires TEXT,
	-- a note of yours
	comment TEXT
) STRICT, WITHOUT ROWID;

-- SCRAM verifiers, written by `vmauthz passwd`.  They are not passwords, but
-- an account that can read them can guess passwords without limit.
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
	-- 'alice@example.org', or '%interns': every member of that group
	user_name TEXT NOT NULL,
	PRIMARY KEY (group_name, user_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_name);

-- --- virtual machines --------------------------------------------------------

-- A VM's row is found by the name that its QEMU process was started with
-- (-name; libvirt's domain name), for a process without one by -uuid, else by
-- the port that the client reached.  Then uuid and spice_port, where they are
-- set, have to agree with the process, or the login is refused.
CREATE TABLE vms (
	-- 'debianx', as `virsh list` shows it; the case counts
	name TEXT NOT NULL PRIMARY KEY,
	-- '8f3a0c9e-5d1b-4f0e-9a53-2f6f1c1d7e10', lower case; NULL: any
	uuid TEXT UNIQUE,
	-- port of its SPICE server; NULL: any (VNC's port is not compared)
	spice_port INTEGER,
	-- 0 refuses every login
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

-- --- grants ------------------------------------------------------------------

-- A grant matches a login if who, vm and every condition that it sets hold.
-- One 'deny' that matches beats every 'allow'.  A condition that is unknown (no
-- certificate was shown, no account was found) does not hold for an 'allow',
-- and holds for a 'deny'.
CREATE TABLE grants (
	-- never used twice, because the log names it
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

	-- --- conditions: NULL means any ---

	-- The CN of the client's certificate has to match this: a glob
	-- (* ? [a-z]), upper and lower case alike.  %u is the user's name without
	-- the realm, %% a per cent sign: '%u-laptop'.
	cert_cn TEXT,
	-- One of its alternative names has to match this: 'DNS:*.example.org',
	-- 'email:%u@example.org', 'URI:spiffe://example.org/%u', or without the
	-- type in front for a name of any type.
	cert_san TEXT,
	-- Its SHA-256 fingerprint has to be this, as `openssl x509 -noout
	-- -fingerprint -sha256` shows it; the colons may be left out.
	cert_sha256 TEXT,
	-- The client has to come from this address or network: '192.0.2.7',
	-- '192.0.2.0/24', '2001:db8::/32'
	client_net TEXT,
	-- The client has to come from this very host (through an SSH tunnel, say),
	-- from a process of this account: 'alice', or a number for an account
	-- that is not in /etc/passwd
	local_user TEXT,
	-- From this minute on, and until this minute begins, in UTC:
	-- '2026-12-24 08:00'
	not_before TEXT,
	not_after TEXT,
	-- At these hours of the week, local time of the host or of the zone in
	-- front: 'Mon-Fri 08:00-18:00, Sat 09:00-12:00',
	-- 'Europe/Berlin 22:00-06:00'
	hours TEXT,

	-- --- end of the conditions ---

	-- Reserved: has to be 0, this version does not use it.
	may_take_over INTEGER NOT NULL DEFAULT 0,
	comment TEXT
) STRICT;
CREATE INDEX grants_by_pair ON grants (who, vm);
CREATE INDEX grants_by_vm ON grants (vm);

-- Time zones that `hours` may name.  Add one that is missing.
CREATE TABLE zones (
	name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- --- history -----------------------------------------------------------------

-- Every change of the tables above, in the order in which they happened, for
-- `vmauthz history` and `vmauthz undo`.  Triggers write it; it can only be
-- shortened, by deleting the oldest rows.  Verifiers are not in it.
CREATE TABLE history (
	revision INTEGER PRIMARY KEY AUTOINCREMENT,
	-- UTC
	time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now')),
	table_name TEXT NOT NULL,
	-- the row before and after as JSON objects; NULL: there was none
	old TEXT,
	new TEXT
) STRICT;
