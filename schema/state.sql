-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- What vmauthzd keeps over a restart: state.db.  vmauthzd makes the file itself
-- and no other program writes to it; `vmauthz who` reads the sessions.  Times
-- are seconds since 1970 in UTC unless said otherwise; an empty text is an
-- unknown one.

BEGIN IMMEDIATE;

PRAGMA application_id = 0x766d6173;	-- "vmas"
PRAGMA user_version = 1;

-- Wrong passwords.
CREATE TABLE guesses (
	-- name@realm; empty: all users, from this address
	user TEXT NOT NULL,
	-- address; where user is empty, of IPv6 the first 64 bits
	client TEXT NOT NULL,
	failures INTEGER NOT NULL,
	-- of the last failure
	last INTEGER NOT NULL,
	PRIMARY KEY (user, client)
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_by_last ON guesses(last);

-- The addresses from which users have logged in.
CREATE TABLE acquaintances (
	user TEXT NOT NULL,
	client TEXT NOT NULL,
	-- of the last success
	last INTEGER NOT NULL,
	PRIMARY KEY (user, client)
) STRICT, WITHOUT ROWID;

-- One-time passwords.
CREATE TABLE tickets (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	user TEXT NOT NULL,
	vm TEXT NOT NULL,
	-- address or prefix that it is for; empty: any
	network TEXT NOT NULL,
	-- account that issued it
	issued_by TEXT NOT NULL,
	expires INTEGER NOT NULL,
	-- of its first use; NULL: it has not been used
	used INTEGER,
	used_client TEXT
) STRICT;
CREATE INDEX tickets_by_user ON tickets(user, vm);

-- The verifiers of their passwords.
CREATE TABLE ticket_verifiers (
	ticket INTEGER NOT NULL REFERENCES tickets(id) ON DELETE CASCADE,
	mechanism TEXT NOT NULL,
	iterations INTEGER NOT NULL,
	salt BLOB NOT NULL,
	stored_key BLOB NOT NULL,
	server_key BLOB NOT NULL,
	PRIMARY KEY (ticket, mechanism)
) STRICT, WITHOUT ROWID;

-- Sessions that are open.
CREATE TABLE sessions (
	-- random
	id INTEGER PRIMARY KEY,
	user TEXT NOT NULL,
	vm TEXT NOT NULL,
	service TEXT NOT NULL,
	client TEXT NOT NULL,
	mechanism TEXT NOT NULL,
	-- of the policy
	grant_id INTEGER NOT NULL,
	-- milliseconds
	begin INTEGER NOT NULL,
	-- the VM's process, and when it started: proc_pid_stat(5), field 22
	pid INTEGER NOT NULL,
	start INTEGER NOT NULL,
	channels INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions(user, vm);

COMMIT;
