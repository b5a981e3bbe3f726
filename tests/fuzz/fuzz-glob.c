/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A pattern and, on the next line, the text that it is compared with. */

#include "decide/condition.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = fuzz_string(data, size), *text = fuzz_second(pattern);
	enum condition_result result;
	struct identity user;

	HOLDS(identity_parse(&user, "a[l]i*ce@x", 9, "x") != 0 ||
	    user.name_length != 0);
	HOLDS(identity_parse(&user, "a[l]ice@x", 9, NULL) == 0);
	result = condition_glob(pattern, &user, text);
	HOLDS(result == condition_glob(pattern, &user, text));
	/* nothing to compare with is never met */
	HOLDS(condition_glob(pattern, &user, NULL) == CONDITION_UNKNOWN);
	if (strcmp(pattern, "*") == 0 && strlen(text) < 1024)
		HOLDS(result == CONDITION_MET);
	free(pattern);
	return 0;
}
