/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A user's name as a client types it. */

#include "base/error.h"
#include "decide/identity.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity user, again;

	if (identity_parse(&user, (const char *)data, size,
	    "example.org") != ERROR_NONE) {
		HOLDS(user.text[0] == '\0' && user.name_length == 0);
		return 0;
	}
	HOLDS(strlen(user.text) <= IDENTITY_MAX);
	HOLDS(user.name_length > 0 && user.text[user.name_length] == '@');
	HOLDS(identity_realm_valid(identity_realm(&user),
	    strlen(identity_realm(&user))));
	HOLDS(strpbrk(user.text, "*%") == NULL);
	/* the canonical form is its own */
	HOLDS(identity_parse(&again, user.text, strlen(user.text),
	    NULL) == ERROR_NONE);
	HOLDS(strcmp(user.text, again.text) == 0);
	return 0;
}
