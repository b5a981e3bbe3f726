/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Finds problems in a policy: the rows of the view `problems`, and problems
 * that SQL can't see, such as a time zone that this host doesn't have. */

#ifndef VMAUTHZ_POLICY_ADMIN_PROBLEMS_H
#define VMAUTHZ_POLICY_ADMIN_PROBLEMS_H

#include "policy/policy.h"

/* Called once for each problem, in no order: what ("user", "grant", ...) and
 * name say which row it is, why is a phrase for people.  The pointers are valid
 * until the callback returns.  The policy's read lock is held, so the callback
 * must not wait for a terminal, a pipe or a person. */
typedef void problems_cb(void *context, const char *what,
    const char *name, const char *why);

/* Calls callback for every problem.  A user without a credential is one only
 * with scram_only: where no other mechanism is offered.  Returns 0, or an error
 * with one sentence in detail. */
int problems_check(const char *path, bool scram_only, problems_cb *callback,
    void *context, char detail[ERROR_DETAIL_MAX]);

#endif
