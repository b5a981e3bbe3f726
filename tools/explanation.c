/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/explanation.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Only copies: the policy is locked while it is read, and must not wait for the
 * terminal. */
static void
explanation_store_grant_cb(void *context, const struct decide_grant *grant,
    const struct decide_match *verdict)
{
	struct explanation *explanation = context;
	struct explained_grant *kept;

	explanation->grants = g_renew(struct explained_grant,
	    explanation->grants, explanation->count + 1);
	kept = &explanation->grants[explanation->count++];
	kept->id = grant->id;
	kept->deny = verdict->deny;
	kept->who = g_strdup(grant->who);
	kept->vm = g_strdup(grant->vm);
	for (int i = 0; i < CONDITION_COUNT; i++)
		kept->value[i] = g_strdup(grant->condition[i]);
	kept->verdict = *verdict;
}

static int
explanation_compare_ids_cb(const void *a, const void *b)
{
	int64_t first = ((const struct explained_grant *)a)->id;
	int64_t second = ((const struct explained_grant *)b)->id;

	return (first > second) - (first < second);	/* no overflow */
}

void
explanation_read(struct explanation *explanation_r, struct policy *policy,
    const struct request *request, time_t when)
{
	memset(explanation_r, 0, sizeof(*explanation_r));
	policy_explain(policy, request, when, explanation_store_grant_cb,
	    explanation_r, &explanation_r->decision);
	/* The database returns grants in no order; people count on one. */
	if (explanation_r->count != 0)
		qsort(explanation_r->grants, explanation_r->count,
		    sizeof(*explanation_r->grants), explanation_compare_ids_cb);
}

/* Leaves it empty, so that it may be cleared again. */
void
explanation_clear(struct explanation *explanation)
{
	for (size_t i = 0; i < explanation->count; i++) {
		struct explained_grant *grant = &explanation->grants[i];

		g_free(grant->who);
		g_free(grant->vm);
		for (int j = 0; j < CONDITION_COUNT; j++)
			g_free(grant->value[j]);
	}
	g_free(explanation->grants);
	memset(explanation, 0, sizeof(*explanation));
}
