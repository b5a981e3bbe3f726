/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/state-fixture.h"

#include <unistd.h>

#include "base/error.h"

struct config config;
struct state state;
char state_path[PATH_MAX + 16];

int
open_state(void **unused)
{
	(void)unused;
	config = (struct config){
		.guess_limit = 3,
		.guess_address_limit = 6,
		.guess_forget = 900,
	};
	strcpy(config.state, "/tmp/vmauthz-state.XXXXXX");
	if (mkdtemp(config.state) == NULL)
		return -1;
	snprintf(state_path, sizeof(state_path), "%s/state.db", config.state);
	return state_open(&state, &config);
}

int
close_state(void **unused)
{
	static const char *const names[] = { "", "-wal", "-shm", ".damaged" };
	char name[sizeof(state_path) + 16];

	(void)unused;
	state_close(&state);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(name, sizeof(name), "%s%s", state_path, names[i]);
		unlink(name);
	}
	return rmdir(config.state);
}

void
reopen(void)
{
	state_close(&state);
	assert_int_equal(state_open(&state, &config), ERROR_NONE);
}

int64_t
rows(const char *table)
{
	char sql[128];
	sqlite3_stmt *statement;
	int64_t count;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	statement = state_prepare(&state, sql, "");
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}
