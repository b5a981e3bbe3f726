/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Prints a change of the policy's history. */

#ifndef VMAUTHZ_TOOLS_CHANGE_H
#define VMAUTHZ_TOOLS_CHANGE_H

#include <stdio.h>

#include "policy-admin/history.h"

/* A history_change_cb whose context is a FILE: writes one line.  Of a row that
 * was added or removed it has all values, of a changed one the key and what
 * differs.  Control characters are escaped. */
void change_print_cb(void *context, const struct policy_change *change);

/* The same with one JSON object a line, as the history has it. */
void change_print_json_cb(void *context, const struct policy_change *change);

#endif
