/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The rows of a query as lists of texts, which end in NULL.  A copy in memory:
 * who prints may wait for a terminal, and the policy must not be locked as
 * long, or writers would wait, and the logins behind them. */

#ifndef VMAUTHZ_POLICY_ADMIN_ROWS_H
#define VMAUTHZ_POLICY_ADMIN_ROWS_H

#include <glib.h>

/* Freed with g_ptr_array_unref(). */
GPtrArray *rows_new(void);

/* The texts of a row. */
char **rows_at(const GPtrArray *rows, guint index);

/* The octets of the longest text in a column, at least those of its title. */
int rows_width(const GPtrArray *rows, size_t column, const char *title);

#endif
