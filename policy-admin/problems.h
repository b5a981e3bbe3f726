/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Finds problems in a policy: the rows of the view `problems`, and problems
 * that SQL can't see, such as a time zone that this host doesn't have. */

#ifndef VMAUTHZ_POLICY_ADMIN_PROBLEMS_H
#define VMAUTHZ_POLICY_ADMIN_PROBLEMS_H

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

/* Adds the problems to the list, in no order.  Each is a list of three texts
 * and NULL: two for the row ("user", "grant", ..., and its name) and a phrase
 * for people.  A user without a credential is a problem only with scram_only:
 * where no other mechanism is offered.  Returns 0, or an error with one
 * sentence in detail. */
int problems_check(const char *path, bool scram_only, GPtrArray *problems,
    char detail[ERROR_DETAIL_MAX]);

#endif
