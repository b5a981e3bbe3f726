/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/state.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sqlite_file.h"

enum { STATE_PATH_SIZE = PATH_MAX + 32 };

/* With synchronous = OFF neither a commit nor a checkpoint waits for the disk,
 * so SQLite may checkpoint by itself, after each 1000 pages.  What a power
 * failure can lose is a count of wrong passwords, a ticket that can be issued
 * again, or a session whose VM is gone then. */
static const struct store_file state_file = {
	.application_id = STATE_APPLICATION_ID,
	.version = STATE_VERSION,
	.schema = state_schema_sql,
	.pragmas = "PRAGMA synchronous = OFF;"
	    "PRAGMA wal_autocheckpoint = 1000;"
	    "PRAGMA journal_size_limit = 4194304;"
	    "PRAGMA foreign_keys = ON",
	.mode = 0600,
	.check_max = INT32_MAX,
	.busy_ms = 20,		/* `vmauthz who` reads for less than that, and
				 * the worker's event loop waits meanwhile */
};

static int
state_fail(struct state *state)
{
	return store_file_error(state->handle, STATE_FILE, state->detail);
}

/* --- open and close --------------------------------------------------- */

/* Renames the damaged file and makes a new one.  It is not deleted, so that an
 * administrator can look for the cause. */
static int
state_begin_anew(struct state *state, const char *path)
{
	char aside[STATE_PATH_SIZE + 8];
	int rc;

	snprintf(aside, sizeof(aside), "%s.damaged", path);
	rc = store_file_put_aside(path, aside, state->detail);
	if (rc == ERROR_NONE)
		rc = store_file_open(&state->handle, &state_file, path,
		    state->detail);
	if (rc == ERROR_NONE)
		store_file_report(ERROR_NOTADB, path,
		    "it is " STATE_FILE ".damaged now", state->detail);
	return rc;
}

int
state_open(struct state *state, const struct config *config)
{
	char path[STATE_PATH_SIZE];
	int rc;

	memset(state, 0, sizeof(*state));
	snprintf(path, sizeof(path), "%s/%s", config->state, STATE_FILE);
	rc = store_file_open(&state->handle, &state_file, path, state->detail);
	return rc == ERROR_NOTADB ? state_begin_anew(state, path) : rc;
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

/* --- statements ------------------------------------------------------- */

/* An unknown letter is a mistake in our own code: it fails at the first call.
 * SQLITE_STATIC copies nothing, which is why pointers have to stay valid. */
static int
state_bind(sqlite3_stmt *statement, const char *format, va_list arguments)
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

/* NULL becomes "": the columns are NOT NULL, and in a WHERE a NULL equals
 * nothing. */
sqlite3_stmt *
state_prepare(struct state *state, const char *sql, const char *format, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list arguments;
	int rc;

	rc = sqlite3_prepare_v2(state->handle, sql, -1, &statement, NULL);
	va_start(arguments, format);
	if (rc == SQLITE_OK)
		rc = state_bind(statement, format, arguments);
	va_end(arguments);
	if (rc == SQLITE_OK)
		return statement;
	state_fail(state);
	sqlite3_finalize(statement);
	return NULL;
}

bool
state_step(sqlite3_stmt *statement)
{
	return statement != NULL && sqlite3_step(statement) == SQLITE_ROW;
}

/* sqlite3_finalize() returns the error of the last step. */
int
state_end(struct state *state, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return sqlite_file_last_error(state->handle);
	return sqlite3_finalize(statement) == SQLITE_OK ? ERROR_NONE :
	    state_fail(state);
}

int
state_run(struct state *state, sqlite3_stmt *statement)
{
	state_step(statement);
	return state_end(state, statement);
}

/* A statement that writes, with RETURNING, is run to its end: SQLite commits
 * what it wrote only then. */
int
state_read_number(struct state *state, sqlite3_stmt *statement,
    int64_t *number_r)
{
	int64_t number = 0;
	int rc;

	while (state_step(statement))
		number = sqlite3_column_int64(statement, 0);
	rc = state_end(state, statement);
	*number_r = rc == ERROR_NONE ? number : 0;
	return rc;
}
