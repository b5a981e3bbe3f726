/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/reason.h"

#include <string.h>

static const char *const reason_texts[] = {
	[REASON_NO_GRANT] = "no grant",
	[REASON_GRANT] = "allowed by grant",
	[REASON_DENY_GRANT] = "denied by grant",
	[REASON_CERT_MISSING] = "a grant asks for a client certificate",
	[REASON_CERT_MISMATCH] = "a grant asks for another client certificate",
	[REASON_SERVICE] = "a grant is for another service",
	[REASON_CLIENT_NET] = "a grant asks for another client address",
	[REASON_LOCAL_USER] = "a grant asks for another local account",
	[REASON_TOO_EARLY] = "a grant begins later",
	[REASON_TOO_LATE] = "a grant has ended",
	[REASON_HOURS] = "a grant is for other hours",
	[REASON_USER_UNKNOWN] = "unknown user",
	[REASON_USER_DISABLED] = "user disabled",
	[REASON_USER_EXPIRED] = "user expired",
	[REASON_VM_UNKNOWN] = "unknown VM",
	[REASON_VM_AMBIGUOUS] = "several VMs fit",
	[REASON_VM_DISABLED] = "VM disabled",
	[REASON_VM_MISMATCH] = "VM identity mismatch",
	[REASON_BAD_ROW] = "a row of the policy that makes no sense",
	[REASON_POLICY_ERROR] = "policy unavailable",
};
_Static_assert(sizeof(reason_texts) / sizeof(reason_texts[0]) == REASON_COUNT,
    "every reason has a text");

const char *
reason_text(enum reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? reason_texts[reason] :
	    "unknown reason";
}

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
