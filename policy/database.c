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
#include "base/file_check.h"
#include "base/file_stamp.h"
#include "base/sqlite_file.h"

enum {
	DATABASE_RETRY_MS = 2,		/* between two attempts for a lock */
	DATABASE_PROGRESS_STEPS = 20000, /* of SQLite's bytecode, some 1 ms */
	DATABASE_REFUSAL_MAX = 256,	/* octets of a rule's text, with NUL */
	DATABASE_CACHE_KIB = 4096,	/* of pages, for each VM's process */
	DATABASE_LONG_MS = 600000,	/* for an administrator's command */
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

/* The rules of the schema refuse a row by a JSON path that is no path, so that
 * SQLite's message has the rule's text between quotes: that part alone is for
 * the administrator. */
static bool
database_refused_by_schema(const char *message, char text[DATABASE_REFUSAL_MAX])
{
	const char *first = strchr(message, '\'');
	const char *last = strrchr(message, '\'');

	if (strstr(message, "JSON path") == NULL || first == last)
		return false;
	snprintf(text, DATABASE_REFUSAL_MAX, "%.*s", (int)(last - first - 1),
	    first + 1);
	return true;
}

/* The caller of a call that failed ends its transaction with the error, which
 * closes the file: no handle is used again after an error. */
static int
database_fail_sqlite(struct database *database)
{
	int error = sqlite_file_last_error(database->handle);
	const char *detail = sqlite3_errmsg(database->handle);
	char refusal[DATABASE_REFUSAL_MAX];

	if (database_refused_by_schema(detail, refusal))
		return database_fail(database, ERROR_REFUSED, refusal);
	/* a reader of a database in WAL mode writes its -shm file */
	if (error == ERROR_ACCESS && access(database->path, R_OK) == 0)
		detail = "can't be read alone, see PRAGMA journal_mode: "
		    "DELETE";
	return database_fail(database, error, detail);
}

static int
database_wait_cb(void *context, int tries)
{
	const struct timespec pause = {
		.tv_nsec = DATABASE_RETRY_MS * 1000000L,
	};
	struct database *database = context;

	(void)tries;
	if (clock_monotonic_ms() + DATABASE_RETRY_MS > database->deadline)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

static int
database_progress_cb(void *context)
{
	struct database *database = context;

	return clock_monotonic_ms() > database->deadline;
}

/* Anyone who can edit the policy can open any console. */
static int
database_check_file(struct database *database, const struct stat *st)
{
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.or_root = true,
		.denied = S_IWOTH,
	};

	switch (file_check(st, &rule)) {
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
database_check_content(struct database *database)
{
	struct sqlite_file_header is;
	char detail[160];

	if (sqlite_file_read_header(database->handle, &is) != ERROR_NONE)
		return database_fail_sqlite(database);
	/* SQLite finds missing pages, but reads half a page as a whole one */
	if (is.page_size <= 0 || database->seen.st_size % is.page_size != 0)
		return database_fail(database, ERROR_NOTADB, "cut short");
	if (is.application_id != DATABASE_APPLICATION_ID)
		return database_fail(database, ERROR_FOREIGN, NULL);
	if (is.version != DATABASE_VERSION && !database->any_version) {
		snprintf(detail, sizeof(detail),
		    "it is version %d, this program reads version %d; %s",
		    is.version, DATABASE_VERSION,
		    is.version < DATABASE_VERSION ?
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
		return database_fail_sqlite(database);
	return ERROR_NONE;
}

static int
database_prepare_all(struct database *database)
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

/* The rules of the schema run for writers alone: a reader need not trust the
 * code in the file. */
static int
database_set_up(struct database *database)
{
	sqlite3 *handle = database->handle;
	char pragma[40];

	sqlite3_busy_handler(handle, database_wait_cb, database);
	sqlite3_progress_handler(handle, DATABASE_PROGRESS_STEPS,
	    database_progress_cb, database);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
	    (int)database->writable, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	snprintf(pragma, sizeof(pragma), "PRAGMA cache_size=-%d",
	    DATABASE_CACHE_KIB);
	return database_exec(database, pragma);
}

static int
database_fail_stat(struct database *database)
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

/* Opens first and checks then, since SQLite opens paths, not descriptors.
 * SQLITE_FCNTL_HAS_MOVED says whether the file that SQLite opened is still the
 * one at the path, which stat(2) has seen. */
static int
database_open(struct database *database)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
	    (database->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	struct timespec now;
	int moved = 1, rc;

	if (sqlite_file_open(&database->handle, database->path, flags, 0) !=
	    ERROR_NONE) {
		if (access(database->path, F_OK) != 0)
			return database_fail_stat(database);
		return database_fail_sqlite(database);
	}
	rc = database_set_up(database);
	if (rc != ERROR_NONE)
		return rc;
	if (stat(database->path, &database->seen) != 0)
		return database_fail_stat(database);
	sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_HAS_MOVED,
	    &moved);
	if (moved)
		return database_fail(database, ERROR_IO,
		    "replaced while it was being opened");
	now = clock_unix();
	database->settled = file_stamp_settled(&database->seen, &now);
	rc = database_check_file(database, &database->seen);
	if (rc == ERROR_NONE)
		rc = database_check_content(database);
	return rc == ERROR_NONE ? database_prepare_all(database) : rc;
}

/* SQLite notices commits, but not another file that was renamed or copied to
 * the path: the inode and the time stamps show those. */
static int
database_ensure_open(struct database *database)
{
	struct stat now;
	int rc;

	if (stat(database->path, &now) != 0) {
		rc = database_fail_stat(database);
		database_close(database);
		return rc;
	}
	if (database->handle != NULL && database->settled &&
	    file_stamp_same(&now, &database->seen))
		return ERROR_NONE;
	database_close(database);
	/* before opening, too: SQLite would wait for the writer of a FIFO */
	rc = database_check_file(database, &now);
	if (rc == ERROR_NONE)
		rc = database_open(database);
	if (rc != ERROR_NONE)
		database_close(database);
	return rc;
}

static int
database_run_statement(struct database *database, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement) == SQLITE_DONE ? ERROR_NONE :
	    database_fail_sqlite(database);

	sqlite3_reset(statement);
	return rc;
}

int
database_begin(struct database *database)
{
	int rc;

	database->detail[0] = '\0';
	database->deadline = clock_monotonic_ms() + DATABASE_WAIT_MS;
	rc = database_ensure_open(database);
	if (rc != ERROR_NONE)
		return rc;
	rc = database_run_statement(database, database->begin);
	if (rc != ERROR_NONE)
		database_close(database);
	return rc;
}

void
database_extend_deadline(struct database *database)
{
	database->deadline = clock_monotonic_ms() + DATABASE_LONG_MS;
	/* spilling pages takes the exclusive lock: no login until the commit */
	sqlite3_exec(database->handle, "PRAGMA cache_spill = OFF", NULL, NULL,
	    NULL);
}

int
database_exec(struct database *database, const char *sql)
{
	return sqlite_file_exec(database->handle, sql) == ERROR_NONE ?
	    ERROR_NONE : database_fail_sqlite(database);
}

int
database_step(struct database *database, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc;
	return database_fail_sqlite(database);
}

int
database_end(struct database *database, int rc)
{
	for (size_t i = 0; i < database->count; i++) {
		sqlite3_reset(database->statements[i]);
		sqlite3_clear_bindings(database->statements[i]);
	}
	if (rc == ERROR_NONE)
		rc = database_run_statement(database, database->commit);
	if (rc != ERROR_NONE)
		database_close(database);	/* rolls back */
	return rc;
}
