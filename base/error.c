/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/error.h"

#include <stddef.h>

static const char *const error_texts[] = {
	[-ERROR_NONE] = "no error",
	[-ERROR_MEMORY] = "out of memory",
	[-ERROR_MISSING] = "there is no such file",
	[-ERROR_ACCESS] = "permission denied",
	[-ERROR_UNSAFE] = "owned or writable by somebody else than its "
	    "administrator",
	[-ERROR_NOTADB] = "not an SQLite database, or a damaged one",
	[-ERROR_FOREIGN] = "an SQLite database, but not a vmauthz policy",
	[-ERROR_VERSION] = "a policy of another schema version",
	[-ERROR_LOCKED] = "locked by another process for too long",
	[-ERROR_JOURNAL] = "a journal that was left behind has to be rolled "
	    "back by somebody who may write",
	[-ERROR_IO] = "input/output error",
	[-ERROR_NAME] = "not a user name of the form name@realm",
	[-ERROR_NOUSER] = "the policy has no such user",
	[-ERROR_EXISTS] = "the file exists already",
	[-ERROR_REFUSED] = "refused by the schema",
	[-ERROR_CRYPTO] = "the cryptographic library failed",
	[-ERROR_PASSWORD] = "not a password that SASLprep (RFC 4013) allows",
	[-ERROR_VALUE] = "a value out of its range",
	[-ERROR_NOVM] = "the policy has no such VM",
	[-ERROR_REVISION] = "it can't be undone",
	[-ERROR_MIGRATION] = "it can't be brought forward",
	[-ERROR_BROKER] = "vmauthzd can't be asked",
};

const char *
error_text(int error)
{
	const int count = sizeof(error_texts) / sizeof(error_texts[0]);

	if (error > 0 || -error >= count || error_texts[-error] == NULL)
		return "unknown error";
	return error_texts[-error];
}
