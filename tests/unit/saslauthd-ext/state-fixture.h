/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A state.db in a folder of its own, for the tests of those who keep things
 * there. */

#ifndef VMAUTHZ_TESTS_UNIT_SASLAUTHD_EXT_STATE_FIXTURE_H
#define VMAUTHZ_TESTS_UNIT_SASLAUTHD_EXT_STATE_FIXTURE_H

#include "saslauthd-ext/store/state.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1800000000)

extern struct config config;
extern struct state state;
extern char state_path[PATH_MAX + 16];

int open_state(void **unused);
int close_state(void **unused);

/* As a restart does. */
void reopen(void);

int64_t rows(const char *table);

#define STATE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, open_state, close_state)

#endif
