/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* SQLite files that are ours: opened in one way, and one list of errors out of
 * SQLite's many. */

#ifndef VMAUTHZ_BASE_SQLITE_FILE_H
#define VMAUTHZ_BASE_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdint.h>

/* What stands in the file's header. */
struct sqlite_file_header {
	int application_id, version;	/* version: PRAGMA user_version */
	int page_size;			/* octets */
};

/* Opens path; flags are those of sqlite3_open_v2(), and at most busy_ms
 * milliseconds are waited for a lock.  What is in the file is data: nothing of
 * its schema may act on its own.  Returns 0 or an error of base/error.h.
 * *handle_r is to be closed in either case; unless it is NULL (no memory),
 * sqlite3_errmsg() tells more. */
int sqlite_file_open(sqlite3 **handle_r, const char *path, int flags,
    int busy_ms);

/* The error of base/error.h for what handle ran into last; NULL: no memory. */
int sqlite_file_last_error(sqlite3 *handle);

/* These return 0 or an error of base/error.h. */
int sqlite_file_exec(sqlite3 *handle, const char *sql);
int sqlite_file_read_header(sqlite3 *handle,
    struct sqlite_file_header *header_r);

/* The first count columns of the one row that sql answers with, a NULL as 0.
 * No row is an error. */
int sqlite_file_read_numbers(sqlite3 *handle, const char *sql,
    int64_t *numbers_r, int count);

#endif
