/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* make-policy FILE USERS VMS GRANTS [sets]: a policy of that size, through the
 * schema's own rules.  All users have the password BENCH_PASSWORD and, since
 * that takes a while, one verifier. */

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy-admin/create.h"
#include "scram/scram.h"
#include "tests/bench/measure.h"

struct filling {
	const struct bench_layout *layout;
	struct verifier verifier;
	sqlite3_stmt *statement;
};

static void
die(sqlite3 *handle, const char *what)
{
	fprintf(stderr, "make-policy: %s: %s\n", what,
	    handle != NULL ? sqlite3_errmsg(handle) : "failed");
	exit(1);
}

static void
bind_name(sqlite3_stmt *statement, int column, const char *name)
{
	sqlite3_bind_text(statement, column, name, -1, SQLITE_TRANSIENT);
}

__attribute__((format(printf, 3, 4))) static void
bind_format(sqlite3_stmt *statement, int column, const char *format, ...)
{
	char name[BENCH_NAME_MAX];
	va_list values;

	va_start(values, format);
	vsnprintf(name, sizeof(name), format, values);
	va_end(values);
	bind_name(statement, column, name);
}

static void
bind_user(sqlite3_stmt *statement, int column, uint64_t user)
{
	char name[BENCH_NAME_MAX];

	bench_user_name(name, user);
	bind_name(statement, column, name);
}

static void
bind_vm(sqlite3_stmt *statement, int column, uint64_t vm)
{
	char name[BENCH_NAME_MAX];

	bench_vm_name(name, vm);
	bind_name(statement, column, name);
}

/* --- the rows of each table ---------------------------------------------- */

static uint64_t
count_users(const struct bench_layout *layout)
{
	return layout->users;
}

static void
bind_users(const struct filling *filling, uint64_t i)
{
	bind_user(filling->statement, 1, i);
}

static void
bind_credentials(const struct filling *filling, uint64_t i)
{
	const struct verifier *verifier = &filling->verifier;

	bind_user(filling->statement, 1, i);
	sqlite3_bind_int64(filling->statement, 2, verifier->iterations);
	sqlite3_bind_blob(filling->statement, 3, verifier->salt,
	    (int)verifier->salt_size, SQLITE_STATIC);
	sqlite3_bind_blob(filling->statement, 4, verifier->stored_key,
	    (int)verifier->key_size, SQLITE_STATIC);
	sqlite3_bind_blob(filling->statement, 5, verifier->server_key,
	    (int)verifier->key_size, SQLITE_STATIC);
}

static uint64_t
count_vms(const struct bench_layout *layout)
{
	return layout->vms;
}

static void
bind_vms(const struct filling *filling, uint64_t i)
{
	bind_vm(filling->statement, 1, i);
}

static void
bind_groups(const struct filling *filling, uint64_t i)
{
	bind_format(filling->statement, 1, "group%05" PRIu64, i);
}

static uint64_t
count_group_members(const struct bench_layout *layout)
{
	return layout->sets ? layout->users : 0;
}

static void
bind_group_members(const struct filling *filling, uint64_t i)
{
	bind_groups(filling, i / BENCH_SET_SIZE);
	bind_user(filling->statement, 2, i);
}

static void
bind_pools(const struct filling *filling, uint64_t i)
{
	bind_format(filling->statement, 1, "pool%05" PRIu64, i);
}

static uint64_t
count_pool_members(const struct bench_layout *layout)
{
	return layout->vms - bench_vms_direct(layout);
}

static void
bind_pool_members(const struct filling *filling, uint64_t i)
{
	bind_pools(filling, i / BENCH_SET_SIZE);
	bind_vm(filling->statement, 2, bench_vms_direct(filling->layout) + i);
}

static uint64_t
count_grants(const struct bench_layout *layout)
{
	return layout->grants;
}

static void
bind_grants(const struct filling *filling, uint64_t i)
{
	struct bench_pair pair = bench_granted(filling->layout, i);

	bind_user(filling->statement, 1, pair.user);
	bind_vm(filling->statement, 2, pair.vm);
}

static void
bind_set_grants(const struct filling *filling, uint64_t i)
{
	bind_format(filling->statement, 1, "%%group%05" PRIu64, i);
	bind_format(filling->statement, 2, "%%pool%05" PRIu64,
	    i % bench_pools(filling->layout));
}

/* One that names a whole realm, and lets nobody in. */
static uint64_t
count_realm_grants(const struct bench_layout *layout)
{
	return layout->sets ? 1 : 0;
}

static void
bind_realm_grants(const struct filling *filling, uint64_t i)
{
	bind_format(filling->statement, 1, "*@%s", BENCH_REALM);
	bind_vm(filling->statement, 2, i);
}

static const struct {
	const char *sql;
	uint64_t (*count)(const struct bench_layout *layout);
	void (*bind)(const struct filling *filling, uint64_t i);
} tables[] = {
	{ "INSERT INTO users(name) VALUES(?1)", count_users, bind_users },
	{ "INSERT INTO credentials(user_name, mechanism, iterations, salt,"
	    " stored_key, server_key) VALUES(?1, 'SCRAM-SHA-256', ?2, ?3, ?4,"
	    " ?5)", count_users, bind_credentials },
	{ "INSERT INTO vms(name) VALUES(?1)", count_vms, bind_vms },
	{ "INSERT INTO groups(name) VALUES(?1)", bench_groups, bind_groups },
	{ "INSERT INTO group_members(group_name, user_name) VALUES(?1, ?2)",
	    count_group_members, bind_group_members },
	{ "INSERT INTO pools(name) VALUES(?1)", bench_pools, bind_pools },
	{ "INSERT INTO pool_members(pool_name, vm_name) VALUES(?1, ?2)",
	    count_pool_members, bind_pool_members },
	{ "INSERT INTO grants(who, vm) VALUES(?1, ?2)", count_grants,
	    bind_grants },
	{ "INSERT INTO grants(who, vm) VALUES(?1, ?2)", bench_groups,
	    bind_set_grants },
	{ "INSERT INTO grants(who, vm, cert_cn) VALUES(?1, ?2, 'nobody')",
	    count_realm_grants, bind_realm_grants },
};

static void
fill_table(sqlite3 *handle, struct filling *filling, size_t which)
{
	uint64_t count = tables[which].count(filling->layout);

	if (sqlite3_prepare_v2(handle, tables[which].sql, -1,
	    &filling->statement, NULL) != SQLITE_OK)
		die(handle, tables[which].sql);
	for (uint64_t i = 0; i < count; i++) {
		tables[which].bind(filling, i);
		if (sqlite3_step(filling->statement) != SQLITE_DONE)
			die(handle, tables[which].sql);
		sqlite3_reset(filling->statement);
	}
	sqlite3_finalize(filling->statement);
}

int
main(int argc, char **argv)
{
	const size_t count = sizeof(tables) / sizeof(tables[0]);
	struct bench_layout layout;
	struct filling filling = { .layout = &layout };
	sqlite3 *handle = NULL;

	if (argc < 2 || !bench_layout_parse(&layout, argc - 2, argv + 2)) {
		fputs("usage: make-policy FILE USERS VMS GRANTS [sets]\n",
		    stderr);
		return 2;
	}
	if (create_policy(argv[1]) != ERROR_NONE ||
	    scram_verifier_make("SCRAM-SHA-256", BENCH_PASSWORD,
	    SCRAM_ITERATIONS_MIN, &filling.verifier) != ERROR_NONE)
		die(NULL, argv[1]);
	/* a file that is lost in a crash is made again */
	if (sqlite3_open(argv[1], &handle) != SQLITE_OK ||
	    sqlite3_exec(handle, "PRAGMA journal_mode = OFF;"
	    "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN",
	    NULL, NULL, NULL) != SQLITE_OK)
		die(handle, argv[1]);
	for (size_t i = 0; i < count; i++)
		fill_table(handle, &filling, i);
	if (sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		die(handle, argv[1]);
	sqlite3_close(handle);
	return 0;
}
