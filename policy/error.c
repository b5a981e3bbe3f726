/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/error.h"

#include <stddef.h>

static const char *const error_text[] = {
	[-POLICY_OK] = "no error",
	[-POLICY_E_MEMORY] = "out of memory",
	[-POLICY_E_MISSING] = "there is no such file",
	[-POLICY_E_ACCESS] = "permission denied",
	[-POLICY_E_UNSAFE] = "owned or writable by somebody else than its "
	    "administrator",
	[-POLICY_E_NOTADB] = "not an SQLite database, or a damaged one",
	[-POLICY_E_FOREIGN] = "an SQLite database, but not a vmauthz policy",
	[-POLICY_E_VERSION] = "a policy of another schema version",
	[-POLICY_E_LOCKED] = "locked by another process for too long",
	[-POLICY_E_JOURNAL] = "a journal that was left behind has to be rolled "
	    "back by somebody who may write",
	[-POLICY_E_IO] = "input/output error",
	[-POLICY_E_NAME] = "not a user name of the form name@realm",
	[-POLICY_E_NOUSER] = "the policy has no such user",
	[-POLICY_E_EXISTS] = "the file exists already",
	[-POLICY_E_REFUSED] = "refused by the schema",
	[-POLICY_E_CRYPTO] = "the cryptographic library failed",
	[-POLICY_E_PASSWORD] = "not a password that SASLprep (RFC 4013) allows",
	[-POLICY_E_VALUE] = "a value out of its range",
	[-POLICY_E_NOVM] = "the policy has no such VM",
	[-POLICY_E_REVISION] = "it can't be undone",
	[-POLICY_E_MIGRATION] = "it can't be brought forward",
	[-POLICY_E_BROKER] = "vmauthzd can't be asked",
};

const char *
policy_strerror(int error)
{
	const int count = sizeof(error_text) / sizeof(error_text[0]);

	if (error > 0 || -error >= count || error_text[-error] == NULL)
		return "unknown error";
	return error_text[-error];
}
