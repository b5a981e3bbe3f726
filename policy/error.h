/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The one list of what can go wrong, shared by every folder. */

#ifndef VMAUTHZ_POLICY_ERROR_H
#define VMAUTHZ_POLICY_ERROR_H

enum policy_error {
	POLICY_OK = 0,
	POLICY_E_MEMORY = -1,	/* out of memory */
	POLICY_E_MISSING = -2,	/* no policy database at that path */
	POLICY_E_ACCESS = -3,	/* it may not be read (or written) */
	POLICY_E_UNSAFE = -4,	/* its owner or mode would let others edit it */
	POLICY_E_NOTADB = -5,	/* not an SQLite database, cut short or damaged */
	POLICY_E_FOREIGN = -6,	/* an SQLite database, but not a vmauthz policy */
	POLICY_E_VERSION = -7,	/* a policy of another schema version */
	POLICY_E_LOCKED = -8,	/* locked for longer than we may wait */
	POLICY_E_JOURNAL = -9,	/* a hot journal that a reader can't roll back */
	POLICY_E_IO = -10,	/* the disk said no */
	POLICY_E_NAME = -11,	/* not a user name that can be name@realm */
	POLICY_E_NOUSER = -12,	/* the policy has no such user */
	POLICY_E_EXISTS = -13,	/* there is a file at that path already */
	POLICY_E_REFUSED = -14,	/* the schema refused the row */
	POLICY_E_CRYPTO = -15,	/* the cryptographic library failed */
	POLICY_E_PASSWORD = -16, /* not a password that SASLprep allows */
	POLICY_E_VALUE = -17,	/* an option or a parameter out of its range */
	POLICY_E_NOVM = -18,	/* the policy has no such VM */
	POLICY_E_REVISION = -19, /* the history doesn't lead back there */
	POLICY_E_MIGRATION = -20, /* migration files that don't lead there */
	POLICY_E_BROKER = -21,	/* vmauthzd can't be asked */
};

/* One sentence without a full stop, never NULL, for each code above; an
 * unknown code says so. */
const char *policy_strerror(int error);

#endif
