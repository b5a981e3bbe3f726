/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What looks wrong with a policy: the view `problems`, and what only this
 * host can tell. */

#ifndef VMAUTHZ_POLICY_ADMIN_PROBLEMS_H
#define VMAUTHZ_POLICY_ADMIN_PROBLEMS_H

#include "policy/policy.h"

/* Told once for each problem, in no order; what the pointers point at lasts as
 * long as the call.  told must not wait for anybody: the policy is being
 * read. */
typedef void problems_cb(void *context, const char *what,
    const char *name, const char *why);

/* Looks for problems; users without a credential count only with scram_only.
 * Returns 0 or an error with detail set. */
int problems_check(const char *path, bool scram_only, problems_cb *told,
    void *context, char detail[POLICY_DETAIL_MAX]);

#endif
