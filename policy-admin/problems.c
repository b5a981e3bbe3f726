/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/problems.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "decide/hours.h"
#include "policy-admin/transaction.h"
#include "policy/zone.h"

enum statement {
	PROBLEMS_SELECT_VIEW,
	PROBLEMS_SELECT_HOURS,
	PROBLEMS_SELECT_ACCOUNTS,
	PROBLEMS_SELECT_JOURNAL,
	PROBLEMS_STATEMENT_COUNT
};

/* A local_user that is a number needs no account of that name. */
static const char *const statement_sql[PROBLEMS_STATEMENT_COUNT] = {
	[PROBLEMS_SELECT_VIEW] =
	    ("SELECT what, name, why FROM problems WHERE ?1 OR"
	    " what <> 'user' OR why NOT GLOB 'has no credential*'"),
	[PROBLEMS_SELECT_HOURS] =
	    "SELECT id, hours FROM grants WHERE hours IS NOT NULL",
	[PROBLEMS_SELECT_ACCOUNTS] =
	    ("SELECT id, local_user FROM grants WHERE local_user IS NOT NULL"
	    " AND local_user GLOB '*[^0-9]*'"),
	[PROBLEMS_SELECT_JOURNAL] =
	    "PRAGMA journal_mode",
};

struct problems {
	struct database database;
	struct zone_cache *zones;
	bool scram_only;
	GPtrArray *found;
};

/* Returns why a grant's value is a problem, to be freed with g_free(), or
 * NULL. */
typedef char *problems_value_cb(const struct problems *check,
    const char *value);

static void
problems_add(struct problems *check, const char *what, const char *name,
    const char *why)
{
	char **problem = g_new0(char *, 3 + 1);

	problem[0] = g_strdup(what);
	problem[1] = g_strdup(name);
	problem[2] = g_strdup(why);
	g_ptr_array_add(check->found, problem);
}

/* The schema's table `zones` has the names that the policy's author allows; it
 * can't know which of them this host's tz database has. */
static char *
problems_hours_cb(const struct problems *check, const char *value)
{
	char zone[MOMENT_ZONE_MAX];
	struct moment_week week;

	if (hours_zone(value, zone) == NULL || zone[0] == '\0' ||
	    zone_local(check->zones, zone, time(NULL), &week))
		return NULL;
	return g_strdup_printf("this host doesn't know the zone \"%s\" of"
	    " its hours", zone);
}

/* Reads /etc/passwd alone, because the plugin reads nothing else at a login. */
static bool
problems_account_exists(const char *name)
{
	FILE *accounts = fopen("/etc/passwd", "re");
	const struct passwd *account = NULL;

	if (accounts == NULL)
		return true;	/* unknown, so no problem of the row */
	do
		account = fgetpwent(accounts);
	while (account != NULL && strcmp(account->pw_name, name) != 0);
	fclose(accounts);
	return account != NULL;
}

static char *
problems_account_cb(const struct problems *check, const char *value)
{
	(void)check;
	return problems_account_exists(value) ? NULL :
	    g_strdup_printf("this host has no account \"%s\" in /etc/passwd,"
	    " write its number if it has another source", value);
}

/* Reports the grants of the statement, which returns an id and a value, whose
 * value is a problem. */
static int
problems_check_grants(struct problems *check, enum statement which,
    problems_value_cb *value_cb)
{
	sqlite3_stmt *row = check->database.statements[which];
	int rc;

	while ((rc = database_step(&check->database, row)) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(row, 0);
		const char *value = (const char *)sqlite3_column_text(row, 1);
		char *why = value_cb(check, value);

		if (why != NULL)
			problems_add(check, "grant", id, why);
		g_free(why);
	}
	return rc < 0 ? rc : ERROR_NONE;
}

/* The file's problems, which no row shows. */
static int
problems_check_file(struct problems *check)
{
	struct database *database = &check->database;
	sqlite3_stmt *row = database->statements[PROBLEMS_SELECT_JOURNAL];
	int rc = database_step(database, row);

	/* The policy holds verifiers, from which passwords can be guessed
	 * offline. */
	if ((database->seen.st_mode & S_IROTH) != 0)
		problems_add(check, "policy", database->path, "can be read by"
		    " everybody, who may guess passwords from it, see chmod(1):"
		    " o-rwx");
	/* A reader in WAL mode writes the file's -shm; QEMU may not write
	 * there. */
	if (rc == SQLITE_ROW && strcmp("wal",
	    (const char *)sqlite3_column_text(row, 0)) == 0)
		problems_add(check, "policy", database->path, "is in WAL mode,"
		    " in which QEMU would have to write, see PRAGMA"
		    " journal_mode: DELETE");
	return rc < 0 ? rc : ERROR_NONE;
}

static int
problems_check_cb(void *context)
{
	struct problems *check = context;
	sqlite3_stmt *view = check->database.statements[PROBLEMS_SELECT_VIEW];
	int rc = problems_check_file(check);

	sqlite3_bind_int(view, 1, check->scram_only);
	if (rc == ERROR_NONE)
		rc = transaction_read_rows(&check->database, view,
		    check->found);
	if (rc == ERROR_NONE)
		rc = problems_check_grants(check, PROBLEMS_SELECT_HOURS,
		    problems_hours_cb);
	return rc != ERROR_NONE ? rc : problems_check_grants(check,
	    PROBLEMS_SELECT_ACCOUNTS, problems_account_cb);
}

int
problems_check(const char *path, bool scram_only, GPtrArray *problems,
    char detail[ERROR_DETAIL_MAX])
{
	struct problems check = {
		.zones = zone_cache_new(),
		.scram_only = scram_only,
		.found = problems,
	};
	int rc = check.zones == NULL ? ERROR_MEMORY :
	    database_init(&check.database, path, false, statement_sql,
	    PROBLEMS_STATEMENT_COUNT);

	rc = transaction_run(&check.database, rc, problems_check_cb, &check,
	    detail);
	zone_cache_free(&check.zones);
	return rc;
}
