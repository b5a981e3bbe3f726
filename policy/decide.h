/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision itself: a pure function of a request, of what the policy says
 * about its user, its VM and their grants, and of the time.  Whoever wants to
 * know why a login was refused reads decide.c. */

#ifndef VMAUTHZ_POLICY_DECIDE_H
#define VMAUTHZ_POLICY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "policy/condition.h"
#include "policy/identity.h"
#include "policy/request.h"

enum policy_outcome {
	POLICY_DENY = 0,
	POLICY_ALLOW,
	POLICY_UNKNOWN,		/* could not tell: to be treated as a denial */
};

enum policy_reason {
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
	REASON_POLICY_ERROR,	/* see policy_detail() */
	REASON_COUNT
};

struct policy_decision {
	enum policy_outcome outcome;
	enum policy_reason reason;
	int64_t grant;			/* id of the grant that decided, or 0 */
	char vm[POLICY_VM_NAME_MAX + 1]; /* name of the VM's row, or "" */
	/* A grant asks for the local account and the request does not tell:
	 * whoever can find out asks once more with the answer. */
	bool wants_local_user;
};

/* What the policy says, as a decision needs it.  Text belongs to the caller
 * and may be NULL where a column is. */
struct policy_user_row {
	bool found;
	bool enabled;
	const char *expires;	/* UTC "YYYY-MM-DD HH:MM" or NULL: never */
};

struct policy_vm_row {
	unsigned int found;	/* how many rows fit */
	bool enabled;
	const char *name;
	const char *uuid;
	int64_t spice_port;	/* 0: not set */
};

struct policy_grant {
	int64_t id;
	const char *effect;	/* "allow" or "deny" */
	const char *who;	/* as written; only for who prints them */
	const char *vm;
	const char *condition[CONDITION_COUNT];	/* NULL: not set */
};

/* What a grant comes to for a request. */
struct policy_verdict {
	bool good;		/* false: a row that makes no sense */
	bool deny;
	bool applies;		/* it allows, or denies, this request */
	enum policy_condition condition[CONDITION_COUNT];
};

/* Judges one grant that is about the request's user and VM. */
void decide_grant(const struct policy_grant *grant,
    const struct policy_request *request, const struct policy_time *now,
    struct policy_verdict *verdict_r);

/* A decision in the making: begin, add every grant that is about this user
 * and this VM in any order, end. */
struct decide {
	const struct policy_request *request;
	struct policy_time now;
	enum policy_reason subject;	/* what speaks against user or VM */
	int64_t allow, deny;		/* lowest ids that match */
	int64_t unmet;			/* an allow that almost matched */
	enum policy_reason unmet_reason;
	bool bad_row;
	bool wants_local_user;
	char vm[POLICY_VM_NAME_MAX + 1];
};

void decide_begin(struct decide *decide, const struct policy_request *request,
    const struct policy_user_row *user, const struct policy_vm_row *vm,
    const struct policy_time *now);
/* *verdict_r, if not NULL, is what the grant came to. */
void decide_add(struct decide *decide, const struct policy_grant *grant,
    struct policy_verdict *verdict_r);
void decide_end(const struct decide *decide,
    struct policy_decision *decision_r);

/* One phrase for each reason, for people, never NULL. */
const char *policy_reason_text(enum policy_reason reason);

#endif
