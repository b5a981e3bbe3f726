/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A time as `expires` and the like write it. */

#include "decide/condition.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct moment back = { .when = 0 };
	time_t when;

	if (moment_parse(text, &when)) {
		moment_set(&back, when);
		HOLDS(strcmp(back.utc, text) == 0);
	}
	free(text);
	return 0;
}
