/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_judge.h"
#include "saslauthd-ext/store/audit_file.h"

enum {
	PATH_SIZE = PATH_MAX + AUDIT_NAME_MAX,
	BUSY_MS = 20,		/* `vmauthz who` reads for less than that */
};

static const char pragmas[] =
    "PRAGMA synchronous = OFF;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 4194304;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF";

/* --- errors ------------------------------------------------------------------ */

static int
fail(struct state *state, const char *path, int error, const char *detail)
{
	snprintf(state->detail, sizeof(state->detail), "%.300s: %s: %.100s",
	    path, error_text(error), detail);
	return error;
}

static int
fail_sqlite(struct state *state)
{
	if (state->handle == NULL)
		return fail(state, STATE_FILE, ERROR_MEMORY, "SQLite");
	return fail(state, STATE_FILE,
	    audit_error(sqlite3_extended_errcode(state->handle)),
	    sqlite3_errmsg(state->handle));
}

/* --- opening ----------------------------------------------------------------- */

/* Makes the file with its mode, so that SQLite doesn't choose one. */
static int
state_judge_file(struct state *state, const char *path)
{
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.denied = 07777 & ~0640,
		.create = 0600,
	};
	enum file_verdict verdict;
	struct stat st;
	int fd = file_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW,
	    &rule, &st, &verdict);

	if (verdict == FILE_UNSEEN)
		return fail(state, path, ERROR_ACCESS, strerror(errno));
	if (verdict != FILE_TRUSTED)
		return fail(state, path, ERROR_UNSAFE,
		    "it is to be vmauthzd's own, mode 600");
	close(fd);
	return ERROR_NONE;
}

static int64_t
ask_number(struct state *state, const char *sql)
{
	sqlite3_stmt *statement = state_prepare(state, sql, "");
	int64_t answer = -1;

	if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
		answer = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return answer;
}

static int
run(struct state *state, const char *sql)
{
	return sqlite3_exec(state->handle, sql, NULL, NULL, NULL) ==
	    SQLITE_OK ? ERROR_NONE : fail_sqlite(state);
}

/* A file that is all right, and of this version; or one that is new. */
static int
use_schema(struct state *state, const char *path)
{
	int64_t id, version;
	sqlite3_stmt *check;
	bool sound = false;

	if (run(state, "PRAGMA journal_mode = WAL") != ERROR_NONE ||
	    run(state, pragmas) != ERROR_NONE)
		return ERROR_NOTADB;
	id = ask_number(state, "PRAGMA application_id");
	version = ask_number(state, "PRAGMA user_version");
	if (id == 0 && version == 0 &&
	    ask_number(state, "SELECT count(*) FROM sqlite_schema") == 0)
		return run(state, state_schema_sql);
	if (id != STATE_APPLICATION_ID || version != STATE_VERSION)
		return fail(state, path, ERROR_NOTADB,
		    "not a state of this version");
	check = state_prepare(state, "PRAGMA quick_check(1)", "");
	if (check != NULL && sqlite3_step(check) == SQLITE_ROW)
		sound = strcmp((const char *)sqlite3_column_text(check, 0),
		    "ok") == 0;
	sqlite3_finalize(check);
	return sound ? ERROR_NONE : fail(state, path, ERROR_NOTADB,
	    "it is damaged");
}

static int
open_once(struct state *state, const char *path)
{
	int rc = state_judge_file(state, path);

	if (rc != ERROR_NONE)
		return rc;
	if (sqlite3_open_v2(path, &state->handle, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fail_sqlite(state);
	sqlite3_extended_result_codes(state->handle, 1);
	sqlite3_busy_timeout(state->handle, BUSY_MS);
	sqlite3_db_config(state->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return use_schema(state, path);
}

/* What is damaged may still tell somebody something. */
static int
put_aside(struct state *state, const char *path)
{
	static const char *const others[] = { "-wal", "-shm" };
	char aside[PATH_SIZE + 8], other[PATH_SIZE + 8];

	state_close(state);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	if (rename(path, aside) != 0)
		return fail(state, path, ERROR_ACCESS, strerror(errno));
	for (size_t i = 0; i < 2; i++) {
		snprintf(other, sizeof(other), "%s%s", path, others[i]);
		unlink(other);
	}
	return ERROR_NONE;
}

int
state_open(struct state *state, const struct config *config)
{
	char path[PATH_SIZE];
	int rc;

	memset(state, 0, sizeof(*state));
	snprintf(path, sizeof(path), "%s/%s", config->state, STATE_FILE);
	rc = open_once(state, path);
	if (rc == ERROR_NOTADB) {
		rc = put_aside(state, path);
		if (rc == ERROR_NONE)
			rc = open_once(state, path);
		if (rc == ERROR_NONE)
			fail(state, path, ERROR_NOTADB,
			    "it is " STATE_FILE ".damaged now");
	}
	if (rc != ERROR_NONE)
		state_close(state);
	return rc;
}

void
state_close(struct state *state)
{
	sqlite3_close(state->handle);
	state->handle = NULL;
}

void
state_checkpoint(struct state *state)
{
	sqlite3_wal_checkpoint_v2(state->handle, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* --- statements ---------------------------------------------------------------- */

static int
bind(sqlite3_stmt *statement, const char *format, va_list arguments)
{
	const char *text;
	const void *data;
	int rc = SQLITE_OK;

	for (int i = 1; rc == SQLITE_OK && *format != '\0'; i++, format++) {
		switch (*format) {
		case 't':
			text = va_arg(arguments, const char *);
			rc = sqlite3_bind_text(statement, i,
			    text != NULL ? text : "", -1, SQLITE_STATIC);
			break;
		case 'i':
			rc = sqlite3_bind_int64(statement, i,
			    va_arg(arguments, int64_t));
			break;
		case 'b':
			data = va_arg(arguments, const void *);
			rc = sqlite3_bind_blob64(statement, i, data,
			    va_arg(arguments, size_t), SQLITE_STATIC);
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	return rc;
}

sqlite3_stmt *
state_prepare(struct state *state, const char *sql, const char *format, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list arguments;
	int rc;

	rc = sqlite3_prepare_v2(state->handle, sql, -1, &statement, NULL);
	va_start(arguments, format);
	if (rc == SQLITE_OK)
		rc = bind(statement, format, arguments);
	va_end(arguments);
	if (rc == SQLITE_OK)
		return statement;
	fail_sqlite(state);
	sqlite3_finalize(statement);
	return NULL;
}

int
state_end(struct state *state, sqlite3_stmt *statement)
{
	return sqlite3_finalize(statement) == SQLITE_OK ? ERROR_NONE :
	    fail_sqlite(state);
}

int
state_run(struct state *state, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return audit_error(sqlite3_extended_errcode(state->handle));
	sqlite3_step(statement);
	return state_end(state, statement);
}
