/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The SQLite files of vmauthz: opened with the same settings, with SQLite's
 * error codes mapped to those of base/error.h. */

#ifndef VMAUTHZ_BASE_SQLITE_FILE_H
#define VMAUTHZ_BASE_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdint.h>

/* From the header of the database file. */
struct sqlite_file_header {
	int application_id, version;	/* version: PRAGMA user_version */
	int page_size;			/* octets */
};

/* Opens path; flags are those of sqlite3_open_v2(); a call waits for a lock for
 * at most busy_ms milliseconds.  The schema in the file is not trusted: its
 * triggers and views can only call functions that SQLite marks as innocuous.
 * Returns 0 or an
 * error of base/error.h.  The caller closes *handle_r in either case; unless
 * it is NULL (no memory), sqlite3_errmsg() has details. */
int sqlite_file_open(sqlite3 **handle_r, const char *path, int flags,
    int busy_ms);

/* The last error of handle, as one of base/error.h.  NULL: ERROR_MEMORY. */
int sqlite_file_last_error(sqlite3 *handle);

/* These return 0 or an error of base/error.h. */
int sqlite_file_exec(sqlite3 *handle, const char *sql);
int sqlite_file_read_header(sqlite3 *handle,
    struct sqlite_file_header *header_r);

/* Runs sql, and stores the first count columns of its first row; NULL becomes
 * 0.  Without a row it fails. */
int sqlite_file_read_numbers(sqlite3 *handle, const char *sql,
    int64_t *numbers_r, int count);

#endif
