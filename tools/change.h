/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Prints a change of the policy's history. */

#ifndef VMAUTHZ_TOOLS_CHANGE_H
#define VMAUTHZ_TOOLS_CHANGE_H

/* Prints a change, the JSON object of policy_history(), on one line.  Of a row
 * that was added or removed it has all values, of a changed one the key and
 * what differs.  Control characters are escaped. */
void change_print(const char *change);

#endif
