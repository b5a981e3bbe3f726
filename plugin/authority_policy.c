/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/authority_policy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "scram/decoy.h"

struct authority_policy {
	struct authority authority;
	/* QEMU calls SASL on its main loop alone, so that it never waits for
	 * this; it is for other programs that use the plugin. */
	pthread_mutex_t mutex;
	struct policy *policy;
};

static void
authority_policy_free(struct authority *authority)
{
	struct authority_policy *own = (struct authority_policy *)authority;

	policy_free(&own->policy);
	pthread_mutex_destroy(&own->mutex);
	free(own);
}

/* The decoy is made even if there is a verifier, so that both cases last as
 * long. */
static int
authority_policy_make_verifier(const struct request_login *login,
    const struct policy_lookup *lookup, struct authority_verifier *verifier)
{
	int rc = decoy_make(&lookup->decoy, login->request.user,
	    login->mechanism, &verifier->verifier);

	if (rc != ERROR_NONE)
		return rc;
	if (lookup->found)
		verifier->verifier = lookup->verifier;
	else
		verifier->mismatch = "no verifier for this mechanism";
	return ERROR_NONE;
}

static int
authority_policy_lookup(struct authority *authority,
    const struct request_login *login, struct authority_verifier *verifier,
    struct authority_failure *failure)
{
	struct authority_policy *own = (struct authority_policy *)authority;
	struct policy_lookup lookup;
	int rc;

	pthread_mutex_lock(&own->mutex);
	rc = policy_lookup(own->policy, login->request.user, login->mechanism,
	    &lookup);
	if (rc != ERROR_NONE)
		strcpy(failure->detail, policy_detail(own->policy));
	pthread_mutex_unlock(&own->mutex);
	if (rc == ERROR_NONE) {
		rc = authority_policy_make_verifier(login, &lookup, verifier);
		if (rc != ERROR_NONE)
			strcpy(failure->detail, error_text(rc));
	}
	if (rc != ERROR_NONE)
		failure->reason = reason_text(REASON_POLICY_ERROR);
	explicit_bzero(&lookup, sizeof(lookup));
	return rc;
}

static void
authority_policy_decide(struct authority *authority,
    const struct request_login *login, const struct authority_proof *proof,
    time_t now, struct authority_decision *decision)
{
	struct authority_policy *own = (struct authority_policy *)authority;

	(void)proof;
	pthread_mutex_lock(&own->mutex);
	policy_decide(own->policy, &login->request, now, &decision->policy);
	strcpy(decision->detail, policy_detail(own->policy));
	pthread_mutex_unlock(&own->mutex);
	decision->reason = reason_text(decision->policy.reason);
}

int
authority_policy_new(struct authority **authority_r, const char *path)
{
	static const struct authority_kind kind = {
		.free = authority_policy_free,
		.lookup = authority_policy_lookup,
		.decide = authority_policy_decide,
	};
	struct authority_policy *own = calloc(1, sizeof(*own));

	if (own == NULL || policy_new(&own->policy, path) != ERROR_NONE) {
		free(own);
		return ERROR_MEMORY;
	}
	own->authority.kind = &kind;
	pthread_mutex_init(&own->mutex, NULL);
	*authority_r = &own->authority;
	return ERROR_NONE;
}
