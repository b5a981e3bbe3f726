/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Makes and opens a database of vmauthzd's own, in WAL mode, and renames one
 * that is damaged.  state.db and audit.db are such. */

#ifndef VMAUTHZD_STORE_STORE_FILE_H
#define VMAUTHZD_STORE_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

enum { STORE_FILE_DETAIL_MAX = 512 };

struct store_file {
	int application_id, version;
	const char *schema;	/* SQL that makes the tables of a new one */
	const char *pragmas;	/* SQL for each opening */
	mode_t mode;		/* of a new one */
	bool mend_mode;		/* true: another mode is set to this one;
				 * false: one that gives others access is
				 * refused */
	off_t check_max;	/* octets; the pages of a larger file are not
				 * checked, which takes long */
	int flags;		/* of sqlite3_open_v2(), beyond the usual */
	int busy_ms;		/* how long to wait for a lock */
};

/* Opens or makes the file at path, which has to belong to the caller's account.
 * Returns 0, or an error of base/error.h with detail and *handle_r NULL.
 * ERROR_NOTADB: the file is damaged, or of another version; it may be renamed.
 * With any other error it must not be, for the file may be sound. */
int store_file_open(sqlite3 **handle_r, const struct store_file *what,
    const char *path, char detail[STORE_FILE_DETAIL_MAX]);

/* Renames the file, which is closed, together with its -wal and -shm, so that
 * SQLite can still recover what is in the WAL.  Returns 0 or ERROR_ACCESS with
 * detail. */
int store_file_put_aside(const char *path, const char *aside,
    char detail[STORE_FILE_DETAIL_MAX]);

/* Returns the error of the last call with handle as one of base/error.h, and
 * writes it to detail. */
int store_file_error(sqlite3 *handle, const char *path,
    char detail[STORE_FILE_DETAIL_MAX]);

/* Writes an error of base/error.h to detail, with its reason if that is not
 * NULL, and returns the error. */
int store_file_report(int error, const char *path, const char *why,
    char detail[STORE_FILE_DETAIL_MAX]);

/* Sets the mode of the journal, "wal" or "delete", and returns whether it has
 * that mode now.  The PRAGMA itself reports no error when it can't change the
 * mode, for instance because another process has the file open. */
bool store_file_set_journal(sqlite3 *handle, const char *mode);

#endif
