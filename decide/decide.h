/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision itself: a pure function of a request, of what the policy says
 * about its user, its VM and their grants, and of the time. */

#ifndef VMAUTHZ_DECIDE_DECIDE_H
#define VMAUTHZ_DECIDE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "decide/condition.h"
#include "decide/identity.h"
#include "decide/moment.h"
#include "decide/reason.h"
#include "decide/request.h"

struct decision {
	enum verdict verdict;
	enum reason reason;
	int64_t grant;			/* id of the grant that decided, or 0 */
	int64_t revision;		/* of the policy that was asked, 0 if it
					 * has none; policy_decide() sets it */
	char vm[REQUEST_VM_NAME_MAX + 1]; /* name of the VM's row, or "" */
	/* A grant has the condition local_user and the request doesn't say
	 * which account it is.  A caller that can find it out decides again
	 * with it, and with local_asked set. */
	bool wants_local_user;
};

/* What the policy says, as a decision needs it.  Text belongs to the caller
 * and may be NULL where a column is. */
struct decide_user {
	bool found;
	bool enabled;
	const char *expires;	/* UTC "YYYY-MM-DD HH:MM" or NULL: never */
};

struct decide_vm {
	unsigned int found;	/* how many rows fit */
	bool enabled;
	const char *name;
	const char *uuid;
	int64_t spice_port;	/* 0: not set */
};

struct decide_grant {
	int64_t id;
	const char *effect;	/* "allow" or "deny" */
	const char *who;	/* as written; not used by the decision */
	const char *vm;
	const char *condition[CONDITION_COUNT];	/* NULL: not set */
};

/* The result of a grant for a request. */
struct decide_match {
	bool good;		/* false: a malformed row */
	bool deny;
	bool applies;		/* it allows, or denies, this request */
	enum condition_result condition[CONDITION_COUNT];
};

/* A decision in the making: begin, add every grant that is about this user
 * and this VM in any order, end. */
struct decide {
	const struct request *request;
	struct moment now;
	enum reason subject;	/* REASON_GRANT, or what is wrong with the VM
				 * or the user */
	int64_t allow, deny;		/* lowest ids that match */
	int64_t unmet;			/* an allow that almost matched */
	enum reason unmet_reason;
	bool bad_row;
	bool wants_local_user;
	char vm[REQUEST_VM_NAME_MAX + 1];
};

void decide_begin(struct decide *decide, const struct request *request,
    const struct decide_user *user, const struct decide_vm *vm,
    const struct moment *now);
/* *match_r, if not NULL, gets the result of the grant. */
void decide_add(struct decide *decide, const struct decide_grant *grant,
    struct decide_match *match_r);
void decide_end(const struct decide *decide,
    struct decision *decision_r);

#endif
