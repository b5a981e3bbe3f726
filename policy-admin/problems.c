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
	problems_cb *callback;
	void *context;
};

/* Called for each row of a search; reports a problem if the row is one. */
typedef void problems_row_cb(struct problems *check, sqlite3_stmt *row);

/* A view and a hand-made file can have NULL in any column. */
static const char *
problems_text(sqlite3_stmt *row, int column)
{
	const unsigned char *value = sqlite3_column_text(row, column);

	return value != NULL ? (const char *)value : "";
}

static void
problems_view_row_cb(struct problems *check, sqlite3_stmt *row)
{
	check->callback(check->context, problems_text(row, 0),
	    problems_text(row, 1), problems_text(row, 2));
}

/* The schema's table `zones` has the names that the policy's author allows; it
 * can't know which of them this host's tz database has. */
static void
problems_hours_row_cb(struct problems *check, sqlite3_stmt *row)
{
	char zone[MOMENT_ZONE_MAX], why[MOMENT_ZONE_MAX + 64];
	struct moment_week week;

	if (hours_zone(problems_text(row, 1), zone) == NULL ||
	    zone[0] == '\0' ||
	    zone_local(check->zones, zone, time(NULL), &week))
		return;
	snprintf(why, sizeof(why), "this host doesn't know the zone \"%s\" of"
	    " its hours", zone);
	check->callback(check->context, "grant", problems_text(row, 0), why);
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

static void
problems_account_row_cb(struct problems *check, sqlite3_stmt *row)
{
	char why[160];

	if (problems_account_exists(problems_text(row, 1)))
		return;
	snprintf(why, sizeof(why), "this host has no account \"%s\" in"
	    " /etc/passwd, write its number if it has another source",
	    problems_text(row, 1));
	check->callback(check->context, "grant", problems_text(row, 0), why);
}

/* A reader in WAL mode writes the file's -shm; QEMU may not write there. */
static void
problems_journal_row_cb(struct problems *check, sqlite3_stmt *row)
{
	if (strcmp(problems_text(row, 0), "wal") == 0)
		check->callback(check->context, "policy", check->database.path,
		    "is in WAL mode, in which QEMU would have to write, see"
		    " PRAGMA journal_mode: DELETE");
}

/* The policy holds verifiers, from which passwords can be guessed offline. */
static void
problems_check_mode(struct problems *check)
{
	if ((check->database.seen.st_mode & S_IROTH) != 0)
		check->callback(check->context, "policy", check->database.path,
		    "can be read by everybody, who may guess passwords from"
		    " it, see chmod(1): o-rwx");
}

static const struct {
	enum statement statement;
	problems_row_cb *row_cb;
} searches[] = {
	{ PROBLEMS_SELECT_JOURNAL, problems_journal_row_cb },
	{ PROBLEMS_SELECT_VIEW, problems_view_row_cb },
	{ PROBLEMS_SELECT_HOURS, problems_hours_row_cb },
	{ PROBLEMS_SELECT_ACCOUNTS, problems_account_row_cb },
};

/* The callback reads the statement's current row and must not step it. */
static int
problems_search(struct problems *check, enum statement which,
    problems_row_cb *row_cb)
{
	sqlite3_stmt *statement = check->database.statements[which];
	int rc;

	while ((rc = database_step(&check->database, statement)) ==
	    SQLITE_ROW)
		row_cb(check, statement);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
problems_search_all(struct problems *check, bool scram_only)
{
	const size_t count = sizeof(searches) / sizeof(searches[0]);
	int rc = ERROR_NONE;

	sqlite3_bind_int(check->database.statements[PROBLEMS_SELECT_VIEW],
	    1, scram_only);
	problems_check_mode(check);
	for (size_t i = 0; rc == ERROR_NONE && i < count; i++)
		rc = problems_search(check, searches[i].statement,
		    searches[i].row_cb);
	return rc;
}

int
problems_check(const char *path, bool scram_only, problems_cb *callback,
    void *context, char detail[ERROR_DETAIL_MAX])
{
	struct problems check = { .callback = callback, .context = context };
	int rc = database_init(&check.database, path, false, statement_sql,
	    PROBLEMS_STATEMENT_COUNT);

	strcpy(detail, error_text(ERROR_MEMORY));
	if (rc != ERROR_NONE)
		return rc;
	check.zones = zone_cache_new();
	rc = check.zones != NULL ? database_begin(&check.database) :
	    database_fail(&check.database, ERROR_MEMORY, NULL);
	if (rc == ERROR_NONE) {
		/* The view reads every row; a login's time limit would not
		 * do. */
		database_extend_deadline(&check.database);
		rc = database_end(&check.database,
		    problems_search_all(&check, scram_only));
	}
	memcpy(detail, check.database.detail, ERROR_DETAIL_MAX);
	zone_cache_free(&check.zones);
	database_clear(&check.database);
	return rc;
}
