/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Patterns as SQLite's GLOB operator has them: * ? [a-z] [^a-z], UTF-8. */

#ifndef VMAUTHZ_BASE_GLOB_H
#define VMAUTHZ_BASE_GLOB_H

#include <stdbool.h>

/* Whether the whole text matches; upper and lower case differ. */
bool glob_matches(const char *pattern, const char *text);

#endif
