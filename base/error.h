/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The one list of error codes, for every folder. */

#ifndef VMAUTHZ_BASE_ERROR_H
#define VMAUTHZ_BASE_ERROR_H

/* octets of the sentence that names the file and the cause, with NUL */
enum { ERROR_DETAIL_MAX = 512 };

enum error_code {
	ERROR_NONE = 0,
	ERROR_MEMORY = -1,	/* out of memory */
	ERROR_MISSING = -2,	/* no policy database at that path */
	ERROR_ACCESS = -3,	/* no permission to read (or write) it */
	ERROR_UNSAFE = -4,	/* its owner or mode lets others edit it */
	ERROR_NOTADB = -5,	/* not an SQLite database, or a damaged one */
	ERROR_FOREIGN = -6,	/* an SQLite database, but no policy */
	ERROR_VERSION = -7,	/* a policy of another schema version */
	ERROR_LOCKED = -8,	/* locked for longer than the time limit */
	ERROR_JOURNAL = -9,	/* a reader can't roll its journal back */
	ERROR_IO = -10,		/* input/output error */
	ERROR_NAME = -11,	/* a user name without the form name@realm */
	ERROR_NOUSER = -12,	/* the policy has no such user */
	ERROR_EXISTS = -13,	/* there is a file at that path already */
	ERROR_REFUSED = -14,	/* the schema refused the row */
	ERROR_CRYPTO = -15,	/* the cryptographic library failed */
	ERROR_PASSWORD = -16,	/* not a password that SASLprep allows */
	ERROR_VALUE = -17,	/* an option or a parameter out of its range */
	ERROR_NOVM = -18,	/* the policy has no such VM */
	ERROR_REVISION = -19,	/* the history does not reach back so far */
	ERROR_MIGRATION = -20,	/* no migration files for these versions */
	ERROR_BROKER = -21,	/* no usable answer of vmauthzd */
};

/* One sentence without a full stop, never NULL, for each code above;
 * "unknown error" for any other number. */
const char *error_text(int error);

#endif
