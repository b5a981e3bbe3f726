/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/file_stamp.h"

enum { MS = 1000000 };

/* What time and inode of a file that was changed at 1000.5 s say. */
static const struct stat changed = {
	.st_dev = 1, .st_ino = 2, .st_size = 3,
	.st_mtim = { .tv_sec = 7, .tv_nsec = 9 },
	.st_ctim = { .tv_sec = 1000, .tv_nsec = 500 * MS },
};

static void
settles(void **state)
{
	static const struct {
		struct timespec now;
		bool settled;
	} rows[] = {
		{ { 1000, 500 * MS }, false }, { { 1000, 600 * MS }, false },
		{ { 1000, 601 * MS }, true }, { { 1001, 0 }, true },
		{ { 1001, 499 * MS }, true }, { { 5000, 0 }, true },
		/* a clock that was set back */
		{ { 1000, 0 }, false }, { { 999, 999 * MS }, false },
		{ { 0, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(file_stamp_settled(&changed, &rows[i].now),
		    rows[i].settled);
}

static void
tells_changes(void **state)
{
	struct stat rows[7];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i] = changed;
		assert_true(file_stamp_same(&changed, &rows[i]));
	}
	rows[0].st_dev++;
	rows[1].st_ino++;
	rows[2].st_size++;
	rows[3].st_mtim.tv_sec++;
	rows[4].st_mtim.tv_nsec++;
	rows[5].st_ctim.tv_sec++;
	rows[6].st_ctim.tv_nsec++;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_false(file_stamp_same(&changed, &rows[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settles),
		cmocka_unit_test(tells_changes),
	};

	return cmocka_run_group_tests_name("file_stamp", tests, NULL, NULL);
}
