/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A decision together with what each grant came to, kept for whoever wants
 * to print it. */

#ifndef VMAUTHZ_TOOLS_EXPLANATION_H
#define VMAUTHZ_TOOLS_EXPLANATION_H

#include "policy/policy.h"

struct explained_grant {
	int64_t id;
	bool deny;
	char *who, *vm;				/* as the row has them */
	char *value[CONDITION_COUNT];		/* NULL: not set */
	struct decide_match verdict;
};

struct explanation {
	struct decision decision;
	size_t count;
	struct explained_grant *grants;		/* by id */
};

/* Asks policy_explain().  Ends the program, with status CLI_USAGE as for
 * whatever can't be told, if memory runs out.  Freed with
 * explanation_clear(). */
void explanation_ask(struct explanation *explanation_r, struct policy *policy,
    const struct request *request, time_t when);
void explanation_clear(struct explanation *explanation);

#endif
