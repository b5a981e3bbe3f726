/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A decision and the result of each grant that is about its user and VM, stored
 * for printing. */

#ifndef VMAUTHZ_TOOLS_EXPLANATION_H
#define VMAUTHZ_TOOLS_EXPLANATION_H

#include "policy/policy.h"

/* A grant with copies of its row's text, so that it outlives the
 * transaction. */
struct explained_grant {
	int64_t id;
	bool deny;
	char *who, *vm;				/* as in the row */
	char *value[CONDITION_COUNT];		/* NULL: not set */
	struct decide_match verdict;
};

struct explanation {
	struct decision decision;
	size_t count;
	struct explained_grant *grants;		/* sorted by id */
};

/* Calls policy_explain() for the request at the time when.  A policy that can't
 * be read is a decision with VERDICT_UNKNOWN.  Freed with
 * explanation_clear(). */
void explanation_read(struct explanation *explanation_r, struct policy *policy,
    const struct request *request, time_t when);
void explanation_clear(struct explanation *explanation);

#endif
