/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/verdict.h"

#include <string.h>

static const char *const verdict_names[] = {
	[VERDICT_DENY] = "deny",
	[VERDICT_ALLOW] = "allow",
	[VERDICT_OBSERVE] = "observe",
	[VERDICT_UNKNOWN] = "deny",
};
_Static_assert(sizeof(verdict_names) / sizeof(verdict_names[0]) ==
    VERDICT_COUNT, "every verdict has a name");

const char *
verdict_name(enum verdict verdict)
{
	return (unsigned int)verdict < VERDICT_COUNT ?
	    verdict_names[verdict] : "deny";
}

bool
verdict_parse(const char *name, size_t length, enum verdict *verdict_r)
{
	for (int i = 0; i < VERDICT_COUNT; i++) {
		*verdict_r = (enum verdict)i;
		if (strlen(verdict_names[i]) == length &&
		    memcmp(verdict_names[i], name, length) == 0)
			return true;
	}
	*verdict_r = VERDICT_DENY;
	return false;
}
