/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A database of vmauthzd's own, in WAL mode: made, opened, put aside when it
 * is damaged.  state.db and audit.db are such. */

#ifndef VMAUTHZD_STORE_STORE_FILE_H
#define VMAUTHZD_STORE_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

enum { STORE_FILE_DETAIL_MAX = 512 };

struct store_file {
	int application_id, version;
	const char *schema;	/* what a new one begins with */
	const char *pragmas;
	mode_t mode;		/* of a new one */
	bool mend_mode;		/* another mode is set right; else one that
				 * lets others in is refused */
	off_t check_max;	/* octets, a larger one is not checked whole */
	int flags;		/* of sqlite3_open_v2(), beyond the usual */
	int busy_ms;
};

/* Opens, or makes, the file at path.  Returns 0 or an error of base/error.h
 * with detail, and *handle_r NULL then; ERROR_NOTADB: damaged, or of another
 * version. */
int store_file_open(sqlite3 **handle_r, const struct store_file *what,
    const char *path, char detail[STORE_FILE_DETAIL_MAX]);

/* Renames the file, which is closed, with what SQLite could still bring back
 * from its WAL. */
int store_file_put_aside(const char *path, const char *aside,
    char detail[STORE_FILE_DETAIL_MAX]);

/* What the last call with handle ran into: returns the error of base/error.h,
 * and tells it in detail. */
int store_file_error(sqlite3 *handle, const char *path,
    char detail[STORE_FILE_DETAIL_MAX]);

/* Tells an error of ours, and returns it; why may be NULL. */
int store_file_report(int error, const char *path, const char *why,
    char detail[STORE_FILE_DETAIL_MAX]);

/* Whether the journal is of that mode now: "wal", "delete".  What a PRAGMA
 * can't do it does not call an error. */
bool store_file_set_journal(sqlite3 *handle, const char *mode);

#endif
