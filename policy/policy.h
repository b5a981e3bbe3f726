/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy database (schema/policy/), read only, for decisions: one short
 * transaction a call, which waits for at most DATABASE_WAIT_MS.  A committed
 * change, or another file at the path, is effective from the next call on.
 * One thread at a time may use a struct policy. */

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

/* The result of one look-up.  decoy is always set, so that a caller can do the
 * same work whether the user exists or not. */
struct policy_lookup {
	bool found;
	struct verifier verifier;	/* if found */
	struct decoy_material decoy;
};

struct policy;

/* Copies path; the file is opened by the first call that needs it, so that a
 * missing policy can be created later.  Free with policy_free(), which
 * accepts NULL and leaves NULL.  Returns 0 or ERROR_MEMORY. */
int policy_new(struct policy **policy_r, const char *path);
void policy_free(struct policy **policy);

/* The verifier of user for mechanism ("SCRAM-SHA-256"), and the material of a
 * decoy.  Returns 0 with *lookup_r set, or an error of base/error.h
 * with *lookup_r cleared.  The caller wipes *lookup_r. */
int policy_lookup(struct policy *policy, const struct identity *user,
    const char *mechanism, struct policy_lookup *lookup_r);

/* Decides a request.  *decision_r is always set, its revision from the same
 * transaction as the rest: VERDICT_UNKNOWN, with the reason, whenever the
 * policy could not be read. */
void policy_decide(struct policy *policy,
    const struct request *request, time_t now,
    struct decision *decision_r);

/* Called once for each grant that is about the request's user and VM, in no
 * order; the texts are valid during the call alone. */
typedef void policy_grant_cb(void *context, const struct decide_grant *grant,
    const struct decide_match *verdict);

/* Decides as policy_decide() does, and calls grant_cb (NULL: none) for every
 * grant.  It runs within the transaction and must not use policy. */
void policy_explain(struct policy *policy,
    const struct request *request, time_t now, policy_grant_cb *grant_cb,
    void *context, struct decision *decision_r);

/* The error of the last call, one sentence with the path; "" if it succeeded.
 * Valid until the next call. */
const char *policy_detail(const struct policy *policy);

#endif
