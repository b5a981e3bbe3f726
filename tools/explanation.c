/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/explanation.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

/* policy_explain() lends its text for the time of the callback only. */
static char *
explanation_copy_text(const char *text)
{
	char *copied;

	if (text == NULL)
		return NULL;
	copied = strdup(text);
	if (copied == NULL)
		err(CLI_USAGE, NULL);
	return copied;
}

/* Only copies: the policy is locked while it is read, and must not wait for the
 * terminal. */
static void
explanation_store_grant_cb(void *context, const struct decide_grant *grant,
    const struct decide_match *verdict)
{
	struct explanation *explanation = context;
	struct explained_grant *kept;

	kept = reallocarray(explanation->grants, explanation->count + 1,
	    sizeof(*kept));
	if (kept == NULL)
		err(CLI_USAGE, NULL);	/* half of the grants would mislead */
	explanation->grants = kept;
	kept += explanation->count++;
	kept->id = grant->id;
	kept->deny = verdict->deny;
	kept->who = explanation_copy_text(grant->who);
	kept->vm = explanation_copy_text(grant->vm);
	for (int i = 0; i < CONDITION_COUNT; i++)
		kept->value[i] = explanation_copy_text(grant->condition[i]);
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

		free(grant->who);
		free(grant->vm);
		for (int j = 0; j < CONDITION_COUNT; j++)
			free(grant->value[j]);
	}
	free(explanation->grants);
	memset(explanation, 0, sizeof(*explanation));
}
