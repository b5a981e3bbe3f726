/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A change of the policy, in words. */

#ifndef VMAUTHZ_TOOLS_CHANGE_H
#define VMAUTHZ_TOOLS_CHANGE_H

#include <stdio.h>

#include "policy-admin/history.h"

/* history_change_cb: writes one line to the FILE that context is.  A row is
 * told by its values, a changed one by what it is called and what differs. */
void change_print(void *context, const struct policy_change *change);

/* The same as one JSON object. */
void change_print_json(void *context, const struct policy_change *change);

#endif
