/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* One column of a grant, the first octet says which, as it is typed: what the
 * schema takes, the decision has to understand. */

#include <sqlite3.h>
#include <stdio.h>

#include "policy-admin/create.h"
#include "decide/condition.h"
#include "policy/zone.h"
#include "tests/fuzz/fuzz.h"

static const char *const columns[] = { "who", "vm", "service", "cert_cn",
    "cert_san", "cert_sha256", "client_net", "local_user", "not_before",
    "not_after", "hours" };
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), FIRST_CONDITION = 2 };

static const char base[] =
    "INSERT INTO users(name) VALUES('alice@example.org');"
    "INSERT INTO vms(name) VALUES('debianx');"
    "INSERT INTO groups(name) VALUES('staff');"
    "INSERT INTO pools(name) VALUES('lab');";

static sqlite3 *
open_policy(void)
{
	static sqlite3 *policy;		/* for all inputs */

	if (policy == NULL) {
		HOLDS(sqlite3_open(":memory:", &policy) == SQLITE_OK);
		HOLDS(sqlite3_exec(policy, create_schema_sql, NULL, NULL,
		    NULL) == SQLITE_OK);
		HOLDS(sqlite3_exec(policy, base, NULL, NULL, NULL) ==
		    SQLITE_OK);
	}
	return policy;
}

/* Whether the schema takes value; the policy stays as it was. */
static bool
is_taken(size_t column, const char *value)
{
	static sqlite3_stmt *statements[COLUMNS];
	sqlite3 *policy = open_policy();
	char sql[128];
	bool taken;

	snprintf(sql, sizeof(sql), "INSERT INTO grants(%s%s) VALUES(?1%s)",
	    columns[column], column == 0 ? ", vm" : column == 1 ? ", who" :
	    ", who, vm", column < FIRST_CONDITION ? ", '*'" : ", '*', '*'");
	if (statements[column] == NULL)
		HOLDS(sqlite3_prepare_v2(policy, sql, -1, &statements[column],
		    NULL) == SQLITE_OK);
	HOLDS(sqlite3_exec(policy, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_bind_text(statements[column], 1, value, -1, SQLITE_STATIC);
	taken = sqlite3_step(statements[column]) == SQLITE_DONE;
	sqlite3_reset(statements[column]);
	HOLDS(sqlite3_exec(policy, "ROLLBACK", NULL, NULL, NULL) ==
	    SQLITE_OK);
	return taken;
}

static enum condition_result
judge(size_t column, const char *value)
{
	static const char *const names[] = { "DNS:alice.example.org" };
	static const unsigned char sha256[REQUEST_SHA256_SIZE];
	struct zone_cache *zones = zone_cache_new();
	struct moment now = { .local = zone_local, .context = zones };
	enum condition_result result;
	struct identity alice;
	struct request request = { .user = &alice, .service = "vnc",
	    .certificate = { "alice", names, 1, sha256 },
	    .client = "192.0.2.7", .local = REQUEST_LOCAL_ACCOUNT,
	    .local_user = "alice", .local_number = "1000" };

	identity_parse(&alice, "alice@example.org", 17, NULL);
	moment_set(&now, 1780315200);
	result = condition_evaluate((enum condition_kind)(column -
	    FIRST_CONDITION), value, &request, &now);
	zone_cache_free(&zones);
	return result;
}

static bool
is_name(size_t column, const char *value)
{
	static const char *const names[FIRST_CONDITION][4] = {
		{ "alice@example.org", "%staff", "*@example.org", "*" },
		{ "debianx", "%lab", "*", "*" },
	};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(names[column][i], value) == 0)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t column = size != 0 ? data[0] % COLUMNS : 0;
	char *value = size != 0 ? fuzz_string(data + 1, size - 1) :
	    fuzz_string(data, 0);

	_Static_assert(COLUMNS - FIRST_CONDITION == CONDITION_COUNT,
	    "every condition is a column");
	if (is_taken(column, value))
		HOLDS(column < FIRST_CONDITION ? is_name(column, value) :
		    judge(column, value) != CONDITION_UNKNOWN);
	free(value);
	return 0;
}
