/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/rows.h"

#include <string.h>

GPtrArray *
rows_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
}

char **
rows_at(const GPtrArray *rows, guint index)
{
	return rows->pdata[index];
}

int
rows_width(const GPtrArray *rows, size_t column, const char *title)
{
	size_t width = strlen(title);

	for (guint i = 0; i < rows->len; i++)
		width = MAX(width, strlen(rows_at(rows, i)[column]));
	return (int)width;
}
