/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/transaction.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
transaction_run(struct database *database, int rc, transaction_cb *work_cb,
    void *context, char detail[ERROR_DETAIL_MAX])
{
	strcpy(detail, error_text(rc));
	if (rc != ERROR_NONE)
		return rc;
	rc = database_begin(database);
	if (rc == ERROR_NONE) {
		/* A login's time limit is too short for a million rows. */
		database_extend_deadline(database);
		rc = database_end(database, work_cb(context));
	}
	memcpy(detail, database->detail, ERROR_DETAIL_MAX);
	database_clear(database);
	return rc == TRANSACTION_ROLL_BACK ? ERROR_NONE : rc;
}

int
transaction_check_names(struct database *database, sqlite3_stmt *statement,
    const char *user, const char *vm)
{
	int rc;

	sqlite3_bind_text(statement, 1, user, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, vm, -1, SQLITE_STATIC);
	rc = database_step(database, statement);
	if (rc < 0)
		return rc;
	if (sqlite3_column_int(statement, 0) == 0)
		return database_fail(database, ERROR_NOUSER, user);
	if (sqlite3_column_int(statement, 1) == 0)
		return database_fail(database, ERROR_NOVM, vm);
	return ERROR_NONE;
}

int
transaction_read_rows(struct database *database, sqlite3_stmt *statement,
    GPtrArray *rows)
{
	int count = sqlite3_column_count(statement), rc;

	while ((rc = database_step(database, statement)) == SQLITE_ROW) {
		char **row = g_new0(char *, (gsize)count + 1);

		for (int i = 0; i < count; i++) {
			const unsigned char *text =
			    sqlite3_column_text(statement, i);

			row[i] = g_strdup(text != NULL ?
			    (const char *)text : "");
		}
		g_ptr_array_add(rows, row);
	}
	sqlite3_reset(statement);
	return rc < 0 ? rc : ERROR_NONE;
}

int
transaction_fail(struct database *database, int error, const char *format, ...)
{
	char detail[ERROR_DETAIL_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return database_fail(database, error, detail);
}
