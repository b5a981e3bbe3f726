/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/state-fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static void
is_its_own(void **unused)
{
	struct stat st;

	(void)unused;
	assert_int_equal(stat(state_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	state_close(&state);
	chmod(state_path, 0666);
	assert_int_equal(state_open(&state, &config), ERROR_UNSAFE);
	assert_non_null(strstr(state.detail, state_path));
	chmod(state_path, 0600);
	assert_int_equal(state_open(&state, &config), ERROR_NONE);
}

static void
follows_no_link(void **unused)
{
	char target[sizeof(state_path) + 16];

	(void)unused;
	state_close(&state);
	snprintf(target, sizeof(target), "%s.damaged", state_path);
	assert_int_equal(rename(state_path, target), 0);
	assert_int_equal(symlink(target, state_path), 0);
	assert_int_equal(state_open(&state, &config), ERROR_ACCESS);
}

static void
write_file(const char *text)
{
	FILE *file = fopen(state_path, "w");

	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs(text, file);
	fclose(file);
}

static void
puts_what_is_damaged_aside(void **unused)
{
	char aside[sizeof(state_path) + 16];

	(void)unused;
	state_close(&state);
	write_file("this is no database\n");
	assert_int_equal(state_open(&state, &config), ERROR_NONE);
	assert_non_null(strstr(state.detail, ".damaged"));
	snprintf(aside, sizeof(aside), "%s.damaged", state_path);
	assert_int_equal(access(aside, F_OK), 0);
	sqlite3_exec(state.handle, "PRAGMA user_version = 99", NULL, NULL,
	    NULL);
	reopen();
	assert_non_null(strstr(state.detail, ".damaged"));
	reopen();
	assert_string_equal(state.detail, "");
}

static void
wants_its_folder(void **unused)
{
	struct config other = config;

	(void)unused;
	state_close(&state);
	strcat(other.state, "/none");
	assert_int_equal(state_open(&state, &other), ERROR_ACCESS);
	assert_non_null(strstr(state.detail, other.state));
	assert_int_equal(state_open(&state, &config), ERROR_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(is_its_own),
		STATE_TEST(follows_no_link),
		STATE_TEST(puts_what_is_damaged_aside),
		STATE_TEST(wants_its_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
