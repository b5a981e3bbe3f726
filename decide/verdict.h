/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The verdict on a login, in one spelling for the decision, the log and the
 * audit. */

#ifndef VMAUTHZ_DECIDE_VERDICT_H
#define VMAUTHZ_DECIDE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	VERDICT_DENY = 0,
	VERDICT_ALLOW,
	VERDICT_OBSERVE,	/* let in, though the policy would refuse:
				 * vmauthz_mode is observe */
	VERDICT_UNKNOWN,	/* could not be decided, which is a refusal;
				 * in no record */
	VERDICT_COUNT
};

/* "deny", "allow", "observe"; "deny" for every other value. */
const char *verdict_name(enum verdict verdict);

/* The verdict with that name, of length octets.  Returns false, with
 * *verdict_r VERDICT_DENY, if there is none. */
bool verdict_parse(const char *name, size_t length, enum verdict *verdict_r);

#endif
