/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What a login comes to, and why. */

#ifndef VMAUTHZ_DECIDE_REASON_H
#define VMAUTHZ_DECIDE_REASON_H

#include <stdbool.h>
#include <stddef.h>

/* One spelling for the decision, the log and the audit. */
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

enum reason {
	REASON_NO_GRANT = 0,
	REASON_GRANT,		/* allowed by the grant that is named */
	REASON_DENY_GRANT,	/* denied by the grant that is named */
	REASON_CERT_MISSING,	/* an allow wants a certificate, none there */
	REASON_CERT_MISMATCH,	/* an allow wants another certificate */
	REASON_SERVICE,		/* an allow is for another service */
	REASON_CLIENT_NET,	/* an allow wants another client address */
	REASON_LOCAL_USER,	/* an allow wants another local account */
	REASON_TOO_EARLY,	/* an allow begins later */
	REASON_TOO_LATE,	/* an allow has ended */
	REASON_HOURS,		/* an allow is for other hours */
	REASON_USER_UNKNOWN,
	REASON_USER_DISABLED,
	REASON_USER_EXPIRED,
	REASON_VM_UNKNOWN,
	REASON_VM_AMBIGUOUS,	/* several rows fit */
	REASON_VM_DISABLED,
	REASON_VM_MISMATCH,	/* name, uuid or port of its row differ */
	REASON_BAD_ROW,		/* a value that the schema would have refused */
	REASON_POLICY_ERROR,	/* the policy could not be read */
	REASON_COUNT
};

/* One phrase for each reason, for people, never NULL. */
const char *reason_text(enum reason reason);

#endif
