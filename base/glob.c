/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/glob.h"

#include <sqlite3.h>

/* SQLite's own function, because the manual promises its GLOB.  fnmatch(3)
 * gives [!a] and [[:alpha:]] another meaning, and depends on the locale. */
bool
glob_matches(const char *pattern, const char *text)
{
	return sqlite3_strglob(pattern, text) == 0;
}
