/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/transaction.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
transaction_run(struct database *database,
    const struct transaction *transaction, char detail[ERROR_DETAIL_MAX])
{
	int rc;

	strcpy(detail, error_text(ERROR_MEMORY));
	rc = database_init(database, transaction->path, transaction->writable,
	    transaction->sql, transaction->count);
	if (rc != ERROR_NONE)
		return rc;
	database->any_version = transaction->any_version;
	rc = database_begin(database);
	if (rc == ERROR_NONE) {
		/* A login's time limit is too short for a million rows. */
		database_take_time(database);
		rc = transaction->work_cb(transaction->context);
		/* What is not committed is rolled back by closing. */
		if (rc != ERROR_NONE || !transaction->trial)
			rc = database_end(database, rc);
	}
	memcpy(detail, database->detail, ERROR_DETAIL_MAX);
	database_clear(database);
	return rc;
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
