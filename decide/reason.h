/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Why the policy allows or refuses a login. */

#ifndef VMAUTHZ_DECIDE_REASON_H
#define VMAUTHZ_DECIDE_REASON_H

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
