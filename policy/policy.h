/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy database (schema/policy/) as the deciding side sees it: read
 * only, one short transaction a call, never waiting longer than
 * DATABASE_WAIT_MS.  A committed change, and a file that was replaced, count
 * from the next call on.  A struct policy may be used by one thread at a
 * time. */

#ifndef VMAUTHZ_POLICY_POLICY_H
#define VMAUTHZ_POLICY_POLICY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "decide/decide.h"
#include "base/error.h"
#include "decide/identity.h"
#include "scram/decoy.h"
#include "scram/verifier.h"

/* The answer to one look-up.  What a decoy is made from is always there, so
 * that a caller can do the same work whether the user exists or not. */
struct policy_lookup {
	bool found;
	struct verifier verifier;	/* if found */
	struct decoy_material decoy;
};

struct policy;

/* Remembers path; the file is opened by the first call that needs it, so a
 * policy that is missing now may come later.  Free with policy_free(), which
 * accepts NULL and leaves NULL.  Returns 0 or ERROR_MEMORY. */
int policy_new(struct policy **policy_r, const char *path);
void policy_free(struct policy **policy);

/* The verifier of user for mechanism ("SCRAM-SHA-256"), or what a decoy has
 * to look like.  Returns 0 with *lookup_r set, or an error of base/error.h
 * with *lookup_r cleared.  The caller wipes *lookup_r. */
int policy_lookup(struct policy *policy, const struct identity *user,
    const char *mechanism, struct policy_lookup *lookup_r);

/* Decides a request.  *decision_r is always set, its revision from the same
 * transaction as the rest: VERDICT_UNKNOWN, with the reason, whenever the
 * policy could not be asked. */
void policy_decide(struct policy *policy,
    const struct request *request, time_t now,
    struct decision *decision_r);

/* Told once for each grant that is about the request's user and VM, in no
 * order; what the pointers point at lasts as long as the call. */
typedef void policy_grant_cb(void *context, const struct decide_grant *grant,
    const struct decide_match *verdict);

/* Decides as policy_decide() does, and tells of every grant on the way.  The
 * policy is being read meanwhile: told (NULL: nobody) must not ask it. */
void policy_explain(struct policy *policy,
    const struct request *request, time_t now, policy_grant_cb *told,
    void *context, struct decision *decision_r);

/* What the last failed call ran into and where, one sentence with the path;
 * "" if the last call succeeded.  Valid until the next call. */
const char *policy_detail(const struct policy *policy);

#endif
