/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_check.h"
#include "base/sqlite_file.h"

enum {
	STORE_FILE_MODE_MAX = 0640,	/* bits that are never refused */
	STORE_FILE_PATH_SIZE = PATH_MAX + 64,	/* with a suffix and NUL */
};

/* --- errors ----------------------------------------------------------- */

int
store_file_report(int error, const char *path, const char *why,
    char detail[STORE_FILE_DETAIL_MAX])
{
	snprintf(detail, STORE_FILE_DETAIL_MAX, "%.300s: %s%s%.100s", path,
	    error_text(error), why != NULL ? ": " : "",
	    why != NULL ? why : "");
	return error;
}

int
store_file_error(sqlite3 *handle, const char *path,
    char detail[STORE_FILE_DETAIL_MAX])
{
	return store_file_report(sqlite_file_last_error(handle), path,
	    sqlite3_errmsg(handle), detail);
}

/* --- opening ---------------------------------------------------------- */

/* Makes the file with its mode before SQLite opens it: SQLite would choose the
 * mode by the umask, and give the -wal and -shm the file's. */
static int
store_file_make(const struct store_file *what, const char *path,
    char detail[STORE_FILE_DETAIL_MAX])
{
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.denied = what->mend_mode ? 0 :
		    07777 & ~(mode_t)STORE_FILE_MODE_MAX,
		.create = what->mode,
	};
	enum file_verdict verdict;
	struct stat st;
	int fd = file_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW,
	    &rule, &st, &verdict), rc = ERROR_NONE;

	/* a full disk is no matter of permissions: it may have room later */
	if (verdict == FILE_UNSEEN)
		return store_file_report(errno == ENOSPC || errno == EDQUOT ?
		    ERROR_IO : ERROR_ACCESS, path, strerror(errno), detail);
	if (verdict != FILE_TRUSTED || (what->mend_mode &&
	    (st.st_mode & 07777) != what->mode &&
	    fchmod(fd, what->mode) != 0))
		rc = store_file_report(ERROR_UNSAFE, path,
		    "it is to be a file of vmauthzd's own", detail);
	if (fd >= 0)
		close(fd);
	return rc;
}

bool
store_file_set_journal(sqlite3 *handle, const char *mode)
{
	sqlite3_stmt *statement = NULL;
	char sql[48];
	bool done = false;

	snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %.16s", mode);
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) ==
	    SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		done = strcmp((const char *)sqlite3_column_text(statement, 0),
		    mode) == 0;
	return sqlite3_finalize(statement) == SQLITE_OK && done;
}

/* Checks all pages at the start: damage in the middle of the file would show
 * only when a query reads that page.  quick_check leaves out the comparison of
 * indices with tables, which takes most of the time of integrity_check. */
static int
store_file_check_pages(sqlite3 *handle, const struct store_file *what,
    const char *path, char detail[STORE_FILE_DETAIL_MAX])
{
	sqlite3_stmt *check = NULL;
	const char *found;
	struct stat st;
	int rc = ERROR_NONE;

	if (stat(path, &st) != 0 || st.st_size > what->check_max)
		return ERROR_NONE;
	if (sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &check,
	    NULL) != SQLITE_OK || sqlite3_step(check) != SQLITE_ROW) {
		rc = store_file_error(handle, path, detail);
	} else {
		found = (const char *)sqlite3_column_text(check, 0);
		if (found == NULL || strcmp(found, "ok") != 0)
			rc = store_file_report(ERROR_NOTADB, path, found,
			    detail);
	}
	sqlite3_finalize(check);
	return rc;
}

/* Makes the tables in an empty file, and checks any other: one that has tables
 * but not our application id is another program's, and not written to. */
static int
store_file_use_schema(sqlite3 *handle, const struct store_file *what,
    const char *path, char detail[STORE_FILE_DETAIL_MAX])
{
	struct sqlite_file_header is;
	int64_t tables = 0;

	if (sqlite_file_read_header(handle, &is) != ERROR_NONE ||
	    sqlite_file_read_numbers(handle,
	    "SELECT count(*) FROM sqlite_schema", &tables, 1) != ERROR_NONE)
		return store_file_error(handle, path, detail);
	if (is.application_id == 0 && is.version == 0 && tables == 0)
		return store_file_set_journal(handle, "wal") &&
		    sqlite_file_exec(handle, what->schema) == ERROR_NONE ?
		    ERROR_NONE : store_file_error(handle, path, detail);
	if (is.application_id != what->application_id ||
	    is.version != what->version)
		return store_file_report(ERROR_NOTADB, path,
		    "not one of this version", detail);
	if (!store_file_set_journal(handle, "wal"))
		return store_file_error(handle, path, detail);
	return store_file_check_pages(handle, what, path, detail);
}

int
store_file_open(sqlite3 **handle_r, const struct store_file *what,
    const char *path, char detail[STORE_FILE_DETAIL_MAX])
{
	sqlite3 *handle = NULL;
	int rc = store_file_make(what, path, detail);

	*handle_r = NULL;
	if (rc != ERROR_NONE)
		return rc;
	if (sqlite_file_open(&handle, path, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | what->flags, what->busy_ms) != ERROR_NONE ||
	    sqlite_file_exec(handle, what->pragmas) != ERROR_NONE)
		rc = store_file_error(handle, path, detail);
	else
		rc = store_file_use_schema(handle, what, path, detail);
	if (rc == ERROR_NONE)
		*handle_r = handle;
	else
		sqlite3_close(handle);
	return rc;
}

/* The database is renamed last.  Were it the first, and the process killed
 * then, its WAL would lie beside a new database of the old name. */
int
store_file_put_aside(const char *path, const char *aside,
    char detail[STORE_FILE_DETAIL_MAX])
{
	static const char *const suffixes[] = { "-wal", "-shm", "" };
	char from[STORE_FILE_PATH_SIZE], to[STORE_FILE_PATH_SIZE];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
		if (rename(from, to) == 0)
			continue;
		if (errno != ENOENT || suffixes[i][0] == '\0')
			return store_file_report(ERROR_ACCESS, path,
			    strerror(errno), detail);
		/* there is none: the one of an earlier damaged file would
		 * be applied to this one */
		unlink(to);
	}
	return ERROR_NONE;
}
