/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The one list of what can go wrong, shared by every folder. */

#ifndef VMAUTHZ_BASE_ERROR_H
#define VMAUTHZ_BASE_ERROR_H

/* octets of a detail that is added to an error, with NUL */
enum { ERROR_DETAIL_MAX = 512 };

enum error_code {
	ERROR_NONE = 0,
	ERROR_MEMORY = -1,	/* out of memory */
	ERROR_MISSING = -2,	/* no policy database at that path */
	ERROR_ACCESS = -3,	/* it may not be read (or written) */
	ERROR_UNSAFE = -4,	/* its owner or mode would let others edit it */
	ERROR_NOTADB = -5,	/* not an SQLite database, cut short or damaged */
	ERROR_FOREIGN = -6,	/* an SQLite database, but not a vmauthz policy */
	ERROR_VERSION = -7,	/* a policy of another schema version */
	ERROR_LOCKED = -8,	/* locked for longer than we may wait */
	ERROR_JOURNAL = -9,	/* a hot journal that a reader can't roll back */
	ERROR_IO = -10,	/* the disk said no */
	ERROR_NAME = -11,	/* not a user name that can be name@realm */
	ERROR_NOUSER = -12,	/* the policy has no such user */
	ERROR_EXISTS = -13,	/* there is a file at that path already */
	ERROR_REFUSED = -14,	/* the schema refused the row */
	ERROR_CRYPTO = -15,	/* the cryptographic library failed */
	ERROR_PASSWORD = -16, /* not a password that SASLprep allows */
	ERROR_VALUE = -17,	/* an option or a parameter out of its range */
	ERROR_NOVM = -18,	/* the policy has no such VM */
	ERROR_REVISION = -19, /* the history doesn't lead back there */
	ERROR_MIGRATION = -20, /* migration files that don't lead there */
	ERROR_BROKER = -21,	/* vmauthzd can't be asked */
};

/* One sentence without a full stop, never NULL, for each code above; an
 * unknown code says so. */
const char *error_text(int error);

#endif
