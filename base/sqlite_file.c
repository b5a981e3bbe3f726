/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/sqlite_file.h"

#include <stddef.h>

#include "base/error.h"

/* SQLite's codes that an administrator can act upon; any other one is an
 * input/output error.  The extended codes come first, since the search also
 * accepts their low octet, the primary code. */
static const struct {
	int sqlite;
	int error;
} error_map[] = {
	{ SQLITE_READONLY_ROLLBACK, ERROR_JOURNAL },
	{ SQLITE_READONLY_RECOVERY, ERROR_JOURNAL },
	{ SQLITE_READONLY_CANTLOCK, ERROR_JOURNAL },
	{ SQLITE_READONLY_CANTINIT, ERROR_JOURNAL },
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
sqlite_file_error(int code)
{
	const size_t count = sizeof(error_map) / sizeof(error_map[0]);

	for (size_t i = 0; i < count; i++) {
		if (error_map[i].sqlite == code ||
		    error_map[i].sqlite == (code & 0xff))
			return error_map[i].error;
	}
	return ERROR_IO;
}

int
sqlite_file_last_error(sqlite3 *handle)
{
	return handle == NULL ? ERROR_MEMORY :
	    sqlite_file_error(sqlite3_extended_errcode(handle));
}

int
sqlite_file_exec(sqlite3 *handle, const char *sql)
{
	return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK ?
	    ERROR_NONE : sqlite_file_last_error(handle);
}

/* No memory map: if another process truncates a mapped file, reading it raises
 * SIGBUS, which would end QEMU. */
int
sqlite_file_open(sqlite3 **handle_r, const char *path, int flags, int busy_ms)
{
	if (sqlite3_open_v2(path, handle_r, flags, NULL) != SQLITE_OK)
		return sqlite_file_last_error(*handle_r);
	sqlite3_extended_result_codes(*handle_r, 1);
	sqlite3_busy_timeout(*handle_r, busy_ms);
	sqlite3_db_config(*handle_r, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*handle_r, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite_file_exec(*handle_r,
	    "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY");
}

int
sqlite_file_read_numbers(sqlite3 *handle, const char *sql, int64_t *numbers_r,
    int count)
{
	sqlite3_stmt *statement = NULL;
	int rc = ERROR_NONE;

	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) !=
	    SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
		rc = sqlite_file_last_error(handle);
	for (int i = 0; rc == ERROR_NONE && i < count; i++)
		numbers_r[i] = sqlite3_column_int64(statement, i);
	sqlite3_finalize(statement);
	return rc;
}

/* One PRAGMA each, since a SELECT from their table-valued functions would parse
 * the schema; this SQLite may be too old for that of a later version. */
int
sqlite_file_read_header(sqlite3 *handle, struct sqlite_file_header *header_r)
{
	static const char *const sql[] = {
		"PRAGMA application_id", "PRAGMA user_version",
		"PRAGMA page_size",
	};
	int64_t is[3] = { 0, 0, 0 };
	int rc = ERROR_NONE;

	for (int i = 0; i < 3 && rc == ERROR_NONE; i++)
		rc = sqlite_file_read_numbers(handle, sql[i], &is[i], 1);
	header_r->application_id = (int)is[0];
	header_r->version = (int)is[1];
	header_r->page_size = (int)is[2];
	return rc;
}
