/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/explanation.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

static char *
copy(const char *text)
{
	char *copied;

	if (text == NULL)
		return NULL;
	copied = strdup(text);
	if (copied == NULL)
		err(CLI_USAGE, NULL);
	return copied;
}

static void
keep(void *context, const struct decide_grant *grant,
    const struct decide_match *verdict)
{
	struct explanation *explanation = context;
	struct explained_grant *kept;

	kept = reallocarray(explanation->grants, explanation->count + 1,
	    sizeof(*kept));
	if (kept == NULL)
		err(CLI_USAGE, NULL);
	explanation->grants = kept;
	kept += explanation->count++;
	kept->id = grant->id;
	kept->deny = verdict->deny;
	kept->who = copy(grant->who);
	kept->vm = copy(grant->vm);
	for (int i = 0; i < CONDITION_COUNT; i++)
		kept->value[i] = copy(grant->condition[i]);
	kept->verdict = *verdict;
}

static int
by_id(const void *a, const void *b)
{
	int64_t first = ((const struct explained_grant *)a)->id;
	int64_t second = ((const struct explained_grant *)b)->id;

	return (first > second) - (first < second);
}

void
explanation_ask(struct explanation *explanation_r, struct policy *policy,
    const struct request *request, time_t when)
{
	memset(explanation_r, 0, sizeof(*explanation_r));
	policy_explain(policy, request, when, keep, explanation_r,
	    &explanation_r->decision);
	if (explanation_r->count != 0)
		qsort(explanation_r->grants, explanation_r->count,
		    sizeof(*explanation_r->grants), by_id);
}

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
