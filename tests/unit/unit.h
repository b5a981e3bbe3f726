/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the unit tests share: cmocka with what it wants included before it. */

#ifndef VMAUTHZ_TESTS_UNIT_UNIT_H
#define VMAUTHZ_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Which row of a table is on, should an assertion of it fail. */
#define TITLE(text) fprintf(stderr, "# %s\n", (text))

#endif
