/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_judge.h"

enum {
	PATH_SIZE = PATH_MAX + AUDIT_NAME_MAX,
	BUSY_MS = 50,
	SIZE_EVERY = 64,	/* records between two looks at the size */
	ASIDE_TRIES = 3600,
	CHECK_MAX = 128 * 1024 * 1024,	/* octets, half a second */
};

/* The writer syncs nothing, at a WAL's beginning neither: the keeper does. */
static const char pragmas[] =
    "PRAGMA synchronous = OFF;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 16777216;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF";

static const char insert_sql[] =
    "INSERT INTO records (id, at, kind, what, user, vm, vm_source, service,"
    " client, cert_cn, local_user, mechanism, socket, issued_by, reason,"
    " grant_id, revision, ticket, session, cert_sha256) VALUES (?1, ?2, ?3,"
    " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20)";

static void
path_of(const struct audit_store *store, char path[PATH_SIZE],
    const char *name, const char *suffix)
{
	snprintf(path, PATH_SIZE, "%s/%.50s%.8s", store->folder, name, suffix);
}

/* --- errors ------------------------------------------------------------------ */

static int
fail(struct audit_store *store, int error, const char *detail)
{
	snprintf(store->detail, sizeof(store->detail), "%.256s/%s: %s%s%s",
	    store->folder, AUDIT_FILE, error_text(error),
	    detail != NULL ? ": " : "", detail != NULL ? detail : "");
	return error;
}

static int
fail_sqlite(struct audit_store *store)
{
	return fail(store, audit_error(sqlite3_extended_errcode(store->handle)),
	    sqlite3_errmsg(store->handle));
}

static int
run(struct audit_store *store, const char *sql)
{
	return sqlite3_exec(store->handle, sql, NULL, NULL, NULL) ==
	    SQLITE_OK ? ERROR_NONE : fail_sqlite(store);
}

/* The numbers of the one row that sql answers with; a NULL is 0. */
static int
ask(struct audit_store *store, const char *sql, int64_t *answers, int count)
{
	sqlite3_stmt *statement = NULL;
	int rc = ERROR_NONE;

	if (sqlite3_prepare_v2(store->handle, sql, -1, &statement, NULL) !=
	    SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
		rc = fail_sqlite(store);
	for (int i = 0; rc == ERROR_NONE && i < count; i++)
		answers[i] = sqlite3_column_int64(statement, i);
	sqlite3_finalize(statement);
	return rc;
}

/* PRAGMA journal_mode answers with the mode that it is, whatever was asked. */
static bool
set_journal(struct audit_store *store, const char *sql, const char *mode)
{
	sqlite3_stmt *statement = NULL;
	bool done = false;

	if (sqlite3_prepare_v2(store->handle, sql, -1, &statement, NULL) ==
	    SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		done = strcmp((const char *)sqlite3_column_text(statement, 0),
		    mode) == 0;
	return sqlite3_finalize(statement) == SQLITE_OK && done;
}

/* --- opening ----------------------------------------------------------------- */

/* Makes the file with its mode, so that SQLite doesn't choose one. */
static int
audit_store_judge_file(struct audit_store *store)
{
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.create = 0640,
	};
	char path[PATH_SIZE];
	enum file_verdict verdict;
	struct stat st;
	int fd, rc = ERROR_NONE;

	path_of(store, path, AUDIT_FILE, "");
	fd = file_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW, &rule,
	    &st, &verdict);
	if (verdict == FILE_UNSEEN)
		return fail(store, errno == ENOSPC || errno == EDQUOT ?
		    ERROR_IO : ERROR_ACCESS, strerror(errno));
	if (verdict != FILE_TRUSTED)
		return fail(store, ERROR_UNSAFE, NULL);
	if ((st.st_mode & 07777) != 0640 && fchmod(fd, 0640) != 0)
		rc = fail(store, ERROR_UNSAFE, strerror(errno));
	close(fd);
	return rc;
}

static int
note_frames(void *context, sqlite3 *handle, const char *database, int frames)
{
	struct audit_store *store = context;

	(void)database;
	if (audit_keeper_written(store->keeper, frames))
		sqlite3_wal_checkpoint_v2(handle, NULL,
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static int
open_handle(struct audit_store *store)
{
	char path[PATH_SIZE];

	path_of(store, path, AUDIT_FILE, "");
	if (sqlite3_open_v2(path, &store->handle, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fail_sqlite(store);
	sqlite3_extended_result_codes(store->handle, 1);
	sqlite3_busy_timeout(store->handle, BUSY_MS);
	sqlite3_db_config(store->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return run(store, pragmas);
}

static int
use_schema(struct audit_store *store)
{
	int64_t is[3] = { 0, 0, 0 };
	int rc = ask(store, "SELECT (SELECT application_id FROM"
	    " pragma_application_id), (SELECT user_version FROM"
	    " pragma_user_version), (SELECT count(*) FROM sqlite_schema)", is,
	    3);

	if (rc != ERROR_NONE)
		return rc;
	if (is[0] == 0 && is[1] == 0 && is[2] == 0) {
		if (!set_journal(store, "PRAGMA journal_mode = WAL", "wal"))
			return fail_sqlite(store);
		return run(store, audit_schema_sql);
	}
	if (is[0] != AUDIT_APPLICATION_ID || is[1] != AUDIT_VERSION)
		return fail(store, ERROR_NOTADB,
		    "not an audit of this version");
	return set_journal(store, "PRAGMA journal_mode = WAL", "wal") ?
	    ERROR_NONE : fail_sqlite(store);
}

/* The newest rotated file goes on counting where the one before ended. */
static int64_t
last_rotated_id(const struct audit_store *store)
{
	struct audit_store old = { .handle = NULL };
	struct dirent **list;
	int count = audit_files(store->folder, &list);
	char path[PATH_SIZE];
	int64_t last = 0;

	if (count > 0) {
		path_of(store, path, list[count - 1]->d_name, "");
		if (sqlite3_open_v2(path, &old.handle, SQLITE_OPEN_READONLY |
		    SQLITE_OPEN_NOFOLLOW, NULL) == SQLITE_OK)
			ask(&old, "SELECT max(id) FROM records", &last, 1);
		sqlite3_close(old.handle);
	}
	if (count >= 0)
		audit_files_free(list, count);
	return last;
}

static int
read_position(struct audit_store *store)
{
	int64_t is[2] = { 0, 0 };
	int rc = ask(store, "SELECT max(id), (SELECT at FROM records ORDER BY"
	    " id LIMIT 1) FROM records", is, 2);

	if (rc != ERROR_NONE)
		return rc;
	store->first_at = is[1];
	store->first_id = 0;
	if (is[0] == 0) {
		is[0] = store->next_id != 0 ? store->next_id - 1 :
		    last_rotated_id(store);
		store->first_id = is[0] + 1;
	}
	store->next_id = is[0] + 1;
	store->written = SIZE_EVERY;
	store->large = false;
	return ERROR_NONE;
}

/* A damage in the middle would else come to light when somebody reads. */
static int
check_pages(struct audit_store *store)
{
	sqlite3_stmt *check = NULL;
	char path[PATH_SIZE];
	struct stat st;
	int rc = ERROR_NONE;

	path_of(store, path, AUDIT_FILE, "");
	if (stat(path, &st) != 0 || st.st_size > CHECK_MAX)
		return ERROR_NONE;
	if (sqlite3_prepare_v2(store->handle, "PRAGMA quick_check(1)", -1,
	    &check, NULL) != SQLITE_OK || sqlite3_step(check) != SQLITE_ROW)
		rc = fail_sqlite(store);
	else if (strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0)
		rc = fail(store, ERROR_NOTADB,
		    (const char *)sqlite3_column_text(check, 0));
	sqlite3_finalize(check);
	return rc;
}

static int
prepare(struct audit_store *store)
{
	if (sqlite3_prepare_v3(store->handle, insert_sql, -1,
	    SQLITE_PREPARE_PERSISTENT, &store->insert, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v3(store->handle, "SELECT page_count * page_size"
	    " FROM pragma_page_count, pragma_page_size", -1,
	    SQLITE_PREPARE_PERSISTENT, &store->pages, NULL) != SQLITE_OK)
		return fail_sqlite(store);
	sqlite3_wal_hook(store->handle, note_frames, store);
	return ERROR_NONE;
}

static int
open_file(struct audit_store *store)
{
	int rc = audit_store_judge_file(store);

	if (rc == ERROR_NONE)
		rc = open_handle(store);
	if (rc == ERROR_NONE)
		rc = use_schema(store);
	if (rc == ERROR_NONE)
		rc = check_pages(store);
	if (rc == ERROR_NONE)
		rc = read_position(store);
	if (rc == ERROR_NONE)
		rc = prepare(store);
	if (rc != ERROR_NONE)
		audit_store_close(store);
	return rc;
}

void
audit_store_close(struct audit_store *store)
{
	sqlite3_finalize(store->insert);
	sqlite3_finalize(store->pages);
	sqlite3_close(store->handle);
	store->insert = NULL;
	store->pages = NULL;
	store->handle = NULL;
}

/* --- damage ------------------------------------------------------------------ */

/* What SQLite could still bring back from the WAL goes along with it. */
static int
put_aside(struct audit_store *store)
{
	static const char *const suffixes[] = { "-wal", "-shm", "" };
	char from[PATH_SIZE], to[PATH_SIZE], name[AUDIT_NAME_MAX];
	time_t at = time(NULL);
	struct stat st;
	int tries = 0;

	do {
		if (!audit_name(name, "audit-damaged", at++) ||
		    tries++ == ASIDE_TRIES)
			return fail(store, ERROR_EXISTS, NULL);
		path_of(store, to, name, "");
	} while (lstat(to, &st) == 0);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		path_of(store, from, AUDIT_FILE, suffixes[i]);
		path_of(store, to, name, suffixes[i]);
		if (rename(from, to) != 0 && errno != ENOENT)
			return fail(store, ERROR_ACCESS, strerror(errno));
	}
	memcpy(store->aside, name, sizeof(name));
	snprintf(store->detail, sizeof(store->detail), "%.256s/%s was damaged"
	    " and is %s now", store->folder, AUDIT_FILE, name);
	return ERROR_NONE;
}

int
audit_store_open(struct audit_store *store)
{
	int rc;

	if (!audit_keeper_pause(store->keeper, BUSY_MS))
		return fail(store, ERROR_LOCKED,
		    "the disk is still at the file before");
	rc = open_file(store);
	if (rc == ERROR_NOTADB) {
		rc = put_aside(store);
		if (rc == ERROR_NONE)
			rc = open_file(store);
	}
	if (rc == ERROR_NONE)
		audit_keeper_rotated(store->keeper, store->keep);
	audit_keeper_resume(store->keeper);
	return rc;
}

/* --- rotation ---------------------------------------------------------------- */

static void
measure(struct audit_store *store)
{
	if (store->written < SIZE_EVERY)
		return;
	store->written = 0;
	if (sqlite3_step(store->pages) == SQLITE_ROW)
		store->large = (uint64_t)sqlite3_column_int64(store->pages,
		    0) > store->bytes_max;
	sqlite3_reset(store->pages);
}

static bool
is_due(struct audit_store *store, int64_t at)
{
	if (store->first_at == 0)
		return false;
	measure(store);
	return (store->large && store->bytes_max != 0) ||
	    (store->age_max != 0 && at > store->first_at &&
	    at - store->first_at > store->age_max);
}

/* Later than every name there is, also when the clock was put back: the names
 * say which of them is the oldest. */
static bool
choose_name(const struct audit_store *store, char name[AUDIT_NAME_MAX],
    time_t at)
{
	struct dirent **list;
	int count = audit_files(store->folder, &list);
	time_t newest;

	if (count < 0)
		return false;
	if (count > 0 && audit_name_rotated(list[count - 1]->d_name,
	    &newest) && newest >= at)
		at = newest + 1;
	audit_files_free(list, count);
	return audit_name(name, "audit", at);
}

/* A file that anybody has open keeps its name: SQLite of theirs would remove
 * the next one's WAL by that name.  Out of WAL mode, and locked, it is nobody
 * else's. */
static bool
end_file(struct audit_store *store, int64_t at)
{
	char from[PATH_SIZE], to[PATH_SIZE], name[AUDIT_NAME_MAX];
	bool done = false;

	path_of(store, from, AUDIT_FILE, "");
	sqlite3_busy_timeout(store->handle, 0);
	if (set_journal(store, "PRAGMA journal_mode = DELETE", "delete") &&
	    run(store, "BEGIN EXCLUSIVE") == ERROR_NONE) {
		if (choose_name(store, name, (time_t)(at / 1000))) {
			path_of(store, to, name, "");
			done = rename(from, to) == 0;
		}
		run(store, "ROLLBACK");
	}
	if (!done && !set_journal(store, "PRAGMA journal_mode = WAL", "wal"))
		audit_store_close(store);
	else
		sqlite3_busy_timeout(store->handle, BUSY_MS);
	return done;
}

void
audit_store_rotate(struct audit_store *store, int64_t at)
{
	if (store->handle == NULL || !is_due(store, at) ||
	    !audit_keeper_ready(store->keeper) ||
	    !audit_keeper_pause(store->keeper, 0))
		return;
	if (end_file(store, at)) {
		audit_store_close(store);
		open_file(store);
		audit_keeper_rotated(store->keeper, store->keep);
	}
	audit_keeper_resume(store->keeper);
}

/* --- records ----------------------------------------------------------------- */

static int
step_insert(struct audit_store *store)
{
	int rc = ERROR_NONE;

	if (store->first_id != 0)
		sqlite3_bind_int64(store->insert, 1, store->first_id);
	if (sqlite3_step(store->insert) != SQLITE_DONE)
		rc = fail_sqlite(store);
	sqlite3_reset(store->insert);
	sqlite3_clear_bindings(store->insert);
	return rc;
}

int
audit_store_insert(struct audit_store *store, int64_t at)
{
	int rc = step_insert(store);

	if (rc == ERROR_NOTADB &&
	    audit_keeper_pause(store->keeper, BUSY_MS)) {
		audit_store_close(store);
		put_aside(store);
		audit_keeper_resume(store->keeper);
	}
	if (rc != ERROR_NONE)
		return rc;
	store->next_id = sqlite3_last_insert_rowid(store->handle) + 1;
	store->first_id = 0;
	if (store->first_at == 0)
		store->first_at = at;
	store->written++;
	return ERROR_NONE;
}
