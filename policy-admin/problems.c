/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/problems.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "policy/database.h"
#include "decide/hours.h"
#include "policy/zone.h"

enum statement {
	SELECT_PROBLEMS,
	SELECT_HOURS,
	SELECT_ACCOUNTS,
	SELECT_JOURNAL,
	STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
	[SELECT_PROBLEMS] =
	    ("SELECT what, name, why FROM problems WHERE ?1 OR"
	    " what <> 'user' OR why NOT GLOB 'has no credential*'"),
	[SELECT_HOURS] =
	    "SELECT id, hours FROM grants WHERE hours IS NOT NULL",
	[SELECT_ACCOUNTS] =
	    ("SELECT id, local_user FROM grants WHERE local_user IS NOT NULL"
	    " AND local_user GLOB '*[^0-9]*'"),
	[SELECT_JOURNAL] =
	    "PRAGMA journal_mode",
};

struct check {
	struct database database;
	struct zone_cache *zones;
	problems_cb *told;
	void *context;
};

/* Told of each row; the row's columns are its to read. */
typedef void row_told(struct check *check, sqlite3_stmt *row);

static const char *
text(sqlite3_stmt *row, int column)
{
	const unsigned char *value = sqlite3_column_text(row, column);

	return value != NULL ? (const char *)value : "";
}

static void
problem_row(struct check *check, sqlite3_stmt *row)
{
	check->told(check->context, text(row, 0), text(row, 1), text(row, 2));
}

static void
hours_row(struct check *check, sqlite3_stmt *row)
{
	char zone[MOMENT_ZONE_MAX], why[MOMENT_ZONE_MAX + 64];
	struct moment_week week;

	if (hours_zone(text(row, 1), zone) == NULL || zone[0] == '\0' ||
	    zone_local(check->zones, zone, time(NULL), &week))
		return;
	snprintf(why, sizeof(why), "this host doesn't know the zone \"%s\" of"
	    " its hours", zone);
	check->told(check->context, "grant", text(row, 0), why);
}

/* The accounts that decisions know, without asking a directory. */
static bool
account_exists(const char *name)
{
	FILE *accounts = fopen("/etc/passwd", "re");
	const struct passwd *account = NULL;

	if (accounts == NULL)
		return true;	/* it can't be told */
	do
		account = fgetpwent(accounts);
	while (account != NULL && strcmp(account->pw_name, name) != 0);
	fclose(accounts);
	return account != NULL;
}

static void
account_row(struct check *check, sqlite3_stmt *row)
{
	char why[160];

	if (account_exists(text(row, 1)))
		return;
	snprintf(why, sizeof(why), "this host has no account \"%s\" in"
	    " /etc/passwd, write its number if it has another source", text(row, 1));
	check->told(check->context, "grant", text(row, 0), why);
}

static void
journal_row(struct check *check, sqlite3_stmt *row)
{
	if (strcmp(text(row, 0), "wal") == 0)
		check->told(check->context, "policy", check->database.path,
		    "is in WAL mode, in which QEMU would have to write, see"
		    " PRAGMA journal_mode: DELETE");
}

static void
judge_mode(struct check *check)
{
	if ((check->database.seen.st_mode & S_IROTH) != 0)
		check->told(check->context, "policy", check->database.path,
		    "can be read by everybody, who may guess passwords from"
		    " it, see chmod(1): o-rwx");
}

static const struct {
	enum statement statement;
	row_told *told;
} searches[] = {
	{ SELECT_JOURNAL, journal_row },
	{ SELECT_PROBLEMS, problem_row },
	{ SELECT_HOURS, hours_row },
	{ SELECT_ACCOUNTS, account_row },
};

static int
search(struct check *check, enum statement which, row_told *told)
{
	sqlite3_stmt *statement = check->database.statements[which];
	int rc;

	while ((rc = database_step(&check->database, statement)) ==
	    SQLITE_ROW)
		told(check, statement);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
search_all(struct check *check, bool scram_only)
{
	const size_t count = sizeof(searches) / sizeof(searches[0]);
	int rc = ERROR_NONE;

	sqlite3_bind_int(check->database.statements[SELECT_PROBLEMS], 1,
	    scram_only);
	judge_mode(check);
	for (size_t i = 0; rc == ERROR_NONE && i < count; i++)
		rc = search(check, searches[i].statement, searches[i].told);
	return rc;
}

int
problems_check(const char *path, bool scram_only, problems_cb *told,
    void *context, char detail[POLICY_DETAIL_MAX])
{
	struct check check = { .told = told, .context = context };
	int rc = database_init(&check.database, path, false, statement_sql,
	    STATEMENT_COUNT);

	strcpy(detail, error_text(ERROR_MEMORY));
	if (rc != ERROR_NONE)
		return rc;
	check.zones = zone_cache_new();
	rc = check.zones != NULL ? database_begin(&check.database) :
	    database_fail(&check.database, ERROR_MEMORY, NULL);
	if (rc == ERROR_NONE) {
		database_take_time(&check.database);
		rc = database_end(&check.database,
		    search_all(&check, scram_only));
	}
	memcpy(detail, check.database.detail, POLICY_DETAIL_MAX);
	zone_cache_free(&check.zones);
	database_clear(&check.database);
	return rc;
}
