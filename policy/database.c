/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_judge.h"
#include "base/file_stamp.h"

enum {
	RETRY_MS = 2,			/* between two tries for a lock */
	PROGRESS_STEPS = 20000,		/* virtual machine steps, some 1 ms */
	REFUSAL_MAX = 256,		/* octets of a rule's words, with NUL */
	CACHE_KIB = 4096,		/* of pages, a VM */
	PATIENCE_MS = 600000,		/* of an administrator */
};

int
database_init(struct database *database, const char *path, bool writable,
    const char *const *sql, size_t count)
{
	memset(database, 0, sizeof(*database));
	database->path = strdup(path);
	database->statements = calloc(count, sizeof(sqlite3_stmt *));
	if (database->path == NULL || database->statements == NULL) {
		database_clear(database);
		return ERROR_MEMORY;
	}
	database->writable = writable;
	database->sql = sql;
	database->count = count;
	return ERROR_NONE;
}

static void
database_close(struct database *database)
{
	for (size_t i = 0; i < database->count; i++) {
		sqlite3_finalize(database->statements[i]);
		database->statements[i] = NULL;
	}
	sqlite3_finalize(database->begin);
	sqlite3_finalize(database->commit);
	database->begin = database->commit = NULL;
	sqlite3_close(database->handle);
	database->handle = NULL;
}

void
database_clear(struct database *database)
{
	if (database->statements != NULL)
		database_close(database);
	free(database->statements);
	free(database->path);
	memset(database, 0, sizeof(*database));
}

int
database_fail(struct database *database, int error, const char *detail)
{
	snprintf(database->detail, sizeof(database->detail), "%s: %s%s%s",
	    database->path, error_text(error), detail != NULL ? ": " : "",
	    detail != NULL ? detail : "");
	return error;
}

/* SQLite's codes that mean something to an administrator; the extended ones
 * come first, the rest are input/output errors. */
static const struct {
	int sqlite;
	int error;
} error_map[] = {
	{ SQLITE_READONLY_ROLLBACK, ERROR_JOURNAL },
	{ SQLITE_READONLY_RECOVERY, ERROR_JOURNAL },
	{ SQLITE_READONLY_CANTLOCK, ERROR_JOURNAL },
	{ SQLITE_READONLY_CANTINIT, ERROR_JOURNAL },
	{ SQLITE_BUSY_RECOVERY, ERROR_JOURNAL },
	{ SQLITE_IOERR_SHORT_READ, ERROR_NOTADB },
	{ SQLITE_BUSY, ERROR_LOCKED },
	{ SQLITE_LOCKED, ERROR_LOCKED },
	{ SQLITE_INTERRUPT, ERROR_LOCKED },
	{ SQLITE_NOTADB, ERROR_NOTADB },
	{ SQLITE_CORRUPT, ERROR_NOTADB },
	{ SQLITE_FORMAT, ERROR_NOTADB },
	{ SQLITE_NOMEM, ERROR_MEMORY },
	{ SQLITE_CANTOPEN, ERROR_ACCESS },
	{ SQLITE_PERM, ERROR_ACCESS },
	{ SQLITE_AUTH, ERROR_ACCESS },
	{ SQLITE_READONLY, ERROR_ACCESS },
	{ SQLITE_CONSTRAINT, ERROR_REFUSED },
};

static int
translate(int extended)
{
	const size_t count = sizeof(error_map) / sizeof(error_map[0]);

	for (size_t i = 0; i < count; i++) {
		if (error_map[i].sqlite == extended)
			return error_map[i].error;
	}
	for (size_t i = 0; i < count; i++) {
		if (error_map[i].sqlite == (extended & 0xff))
			return error_map[i].error;
	}
	return ERROR_IO;
}

/* The schema tells its refusals in SQLite's words for a JSON path that is
 * none: only what stands between the quotes is meant for people. */
static bool
refused_by_schema(const char *message, char text[REFUSAL_MAX])
{
	const char *first = strchr(message, '\'');
	const char *last = strrchr(message, '\'');

	if (strstr(message, "JSON path") == NULL || first == last)
		return false;
	snprintf(text, REFUSAL_MAX, "%.*s", (int)(last - first - 1),
	    first + 1);
	return true;
}

/* Whatever SQLite says, a handle that failed for another reason than a lock
 * or a refused row is not used again: the next call opens afresh. */
static int
sqlite_fail(struct database *database)
{
	int error = translate(sqlite3_extended_errcode(database->handle));
	const char *detail = sqlite3_errmsg(database->handle);
	char refusal[REFUSAL_MAX];

	if (refused_by_schema(detail, refusal))
		return database_fail(database, ERROR_REFUSED, refusal);
	/* in WAL mode a reader would have to write, too */
	if (error == ERROR_ACCESS && access(database->path, R_OK) == 0)
		detail = "can't be read alone, see PRAGMA journal_mode: "
		    "DELETE";
	return database_fail(database, error, detail);
}

static int
wait_for_lock(void *context, int tries)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
	struct database *database = context;

	(void)tries;
	if (clock_monotonic_ms() + RETRY_MS > database->deadline)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static int
stop_when_late(void *context)
{
	struct database *database = context;

	return clock_monotonic_ms() > database->deadline;
}

/* Who may edit the policy decides who gets in. */
static int
database_judge_file(struct database *database, const struct stat *st)
{
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.or_root = true,
		.denied = S_IWOTH,
	};

	switch (file_judge(st, &rule)) {
	case FILE_TRUSTED:
		return ERROR_NONE;
	case FILE_WRONG_TYPE:
		return database_fail(database, ERROR_NOTADB,
		    "not a regular file");
	case FILE_WRONG_OWNER:
		return database_fail(database, ERROR_UNSAFE,
		    "its owner should be root");
	default:
		return database_fail(database, ERROR_UNSAFE,
		    "everybody may write it, see chmod(1): o-w");
	}
}

static int
read_pragma(struct database *database, const char *sql, int *value_r)
{
	sqlite3_stmt *statement = NULL;
	int rc = ERROR_NONE;

	if (sqlite3_prepare_v2(database->handle, sql, -1, &statement,
	    NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
		rc = sqlite_fail(database);
	else
		*value_r = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return rc;
}

static int
judge_content(struct database *database)
{
	char detail[160];
	int id = 0, version = 0, page_size = 0, rc;

	rc = read_pragma(database, "PRAGMA application_id", &id);
	if (rc == ERROR_NONE)
		rc = read_pragma(database, "PRAGMA user_version", &version);
	if (rc == ERROR_NONE)
		rc = read_pragma(database, "PRAGMA page_size", &page_size);
	if (rc != ERROR_NONE)
		return rc;
	/* SQLite misses whole pages, but takes half a page for one */
	if (page_size <= 0 || database->seen.st_size % page_size != 0)
		return database_fail(database, ERROR_NOTADB, "cut short");
	if (id != DATABASE_APPLICATION_ID)
		return database_fail(database, ERROR_FOREIGN, NULL);
	if (version != DATABASE_VERSION && !database->any_version) {
		snprintf(detail, sizeof(detail),
		    "it is version %d, this program reads version %d; %s",
		    version, DATABASE_VERSION, version < DATABASE_VERSION ?
		    "vmauthz migrate brings it forward" :
		    "vmauthz migrate takes none back, install a newer one");
		return database_fail(database, ERROR_VERSION, detail);
	}
	return ERROR_NONE;
}

int
database_prepare(struct database *database, const char *sql,
    sqlite3_stmt **statement_r)
{
	if (sqlite3_prepare_v3(database->handle, sql, -1,
	    SQLITE_PREPARE_PERSISTENT, statement_r, NULL) != SQLITE_OK)
		return sqlite_fail(database);
	return ERROR_NONE;
}

static int
prepare(struct database *database)
{
	int rc = database_prepare(database,
	    database->writable ? "BEGIN IMMEDIATE" : "BEGIN",
	    &database->begin);

	if (rc == ERROR_NONE)
		rc = database_prepare(database, "COMMIT", &database->commit);
	for (size_t i = 0; rc == ERROR_NONE && i < database->count; i++)
		rc = database_prepare(database, database->sql[i],
		    &database->statements[i]);
	return rc;
}

/* What is in the file is data: nothing of its schema may act on its own.  No
 * memory map, since a file cut short under one kills the process. */
static int
set_up(struct database *database)
{
	sqlite3 *handle = database->handle;
	char pragmas[160];

	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_handler(handle, wait_for_lock, database);
	sqlite3_progress_handler(handle, PROGRESS_STEPS, stop_when_late,
	    database);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
	    (int)database->writable, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	snprintf(pragmas, sizeof(pragmas), "PRAGMA mmap_size=0;"
	    "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-%d", CACHE_KIB);
	if (sqlite3_exec(handle, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(database);
	return ERROR_NONE;
}

static int
stat_fail(struct database *database)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return database_fail(database, ERROR_MISSING, NULL);
	case EACCES:
		return database_fail(database, ERROR_ACCESS, NULL);
	default:
		return database_fail(database, ERROR_IO, strerror(errno));
	}
}

/* Opens first and judges then: SQLite confirms that the file judged is the
 * one that it opened. */
static int
open_file(struct database *database)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
	    (database->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	int moved = 1, rc;

	if (sqlite3_open_v2(database->path, &database->handle, flags,
	    NULL) != SQLITE_OK) {
		if (access(database->path, F_OK) != 0)
			return stat_fail(database);
		return sqlite_fail(database);
	}
	rc = set_up(database);
	if (rc != ERROR_NONE)
		return rc;
	if (stat(database->path, &database->seen) != 0)
		return stat_fail(database);
	sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_HAS_MOVED,
	    &moved);
	if (moved)
		return database_fail(database, ERROR_IO,
		    "replaced while it was being opened");
	database->settled = file_stamp_settled(&database->seen);
	rc = database_judge_file(database, &database->seen);
	if (rc == ERROR_NONE)
		rc = judge_content(database);
	return rc == ERROR_NONE ? prepare(database) : rc;
}

/* SQLite notices commits, but not a file that was renamed or copied over its
 * own: those show in its inode and time stamps. */
static int
ensure_open(struct database *database)
{
	struct stat now;
	int rc;

	if (stat(database->path, &now) != 0) {
		rc = stat_fail(database);
		database_close(database);
		return rc;
	}
	if (database->handle != NULL && database->settled &&
	    file_stamp_same(&now, &database->seen))
		return ERROR_NONE;
	database_close(database);
	rc = database_judge_file(database, &now);	/* opening a FIFO would wait */
	if (rc == ERROR_NONE)
		rc = open_file(database);
	if (rc != ERROR_NONE)
		database_close(database);
	return rc;
}

static int
run(struct database *database, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement) == SQLITE_DONE ? ERROR_NONE :
	    sqlite_fail(database);

	sqlite3_reset(statement);
	return rc;
}

int
database_begin(struct database *database)
{
	int rc;

	database->detail[0] = '\0';
	database->deadline = clock_monotonic_ms() + POLICY_WAIT_MS;
	rc = ensure_open(database);
	if (rc != ERROR_NONE)
		return rc;
	rc = run(database, database->begin);
	if (rc != ERROR_NONE)
		database_close(database);
	return rc;
}

void
database_take_time(struct database *database)
{
	database->deadline = clock_monotonic_ms() + PATIENCE_MS;
	/* pages spilled before the end would lock everybody out till then */
	sqlite3_exec(database->handle, "PRAGMA cache_spill = OFF", NULL, NULL,
	    NULL);
}

int
database_exec(struct database *database, const char *sql)
{
	if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) !=
	    SQLITE_OK)
		return sqlite_fail(database);
	return ERROR_NONE;
}

int
database_step(struct database *database, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc;
	return sqlite_fail(database);
}

int
database_end(struct database *database, int rc)
{
	for (size_t i = 0; i < database->count; i++) {
		sqlite3_reset(database->statements[i]);
		sqlite3_clear_bindings(database->statements[i]);
	}
	if (rc == ERROR_NONE)
		rc = run(database, database->commit);
	if (rc != ERROR_NONE)
		database_close(database);	/* rolls back */
	return rc;
}
