/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/sqlite_file.h"

enum {
	AUDIT_STORE_PATH_SIZE = PATH_MAX + AUDIT_NAME_MAX,
	AUDIT_STORE_BUSY_MS = 50,	/* a login waits meanwhile */
	AUDIT_STORE_ASIDE_TRIES = 3600,	/* one for each second of an hour */
	AUDIT_STORE_FRAMES_MAX = 2000,	/* of the WAL, then a checkpoint */
	AUDIT_STORE_FRAMES_STEP = 100,	/* to the next, if a reader stops it */
};

/* The writer never syncs; the keeper does.  With synchronous = NORMAL the first
 * commit of a WAL that begins again from its start would sync, in the middle of
 * a login. */
static const struct store_file audit_file = {
	.application_id = AUDIT_APPLICATION_ID,
	.version = AUDIT_VERSION,
	.schema = audit_schema_sql,
	.pragmas = "PRAGMA synchronous = OFF;"
	    "PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA journal_size_limit = 16777216",
	.mode = 0640,
	.mend_mode = true,
	.check_max = 128 * 1024 * 1024,	/* checked in half a second */
	.flags = SQLITE_OPEN_NOFOLLOW,
	.busy_ms = AUDIT_STORE_BUSY_MS,
};

static const char insert_sql[] =
    "INSERT INTO records (" AUDIT_COLUMNS ") VALUES"
    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
    " ?17, ?18, ?19, ?20, ?21)";

static void
audit_store_path(const struct audit *store, char path[AUDIT_STORE_PATH_SIZE],
    const char *name)
{
	snprintf(path, AUDIT_STORE_PATH_SIZE, "%s/%.63s", store->folder, name);
}

/* --- errors ----------------------------------------------------------- */

static int
audit_store_fail(struct audit *store, int error, const char *why)
{
	char path[AUDIT_STORE_PATH_SIZE];

	audit_store_path(store, path, AUDIT_FILE);
	return store_file_report(error, path, why, store->detail);
}

static int
audit_store_fail_sqlite(struct audit *store)
{
	return audit_store_fail(store, sqlite_file_last_error(store->handle),
	    sqlite3_errmsg(store->handle));
}

/* --- opening ---------------------------------------------------------- */

/* Bounds the WAL in a flood of records.  SQLite begins the WAL again only when
 * all of its frames are in audit.db.  The keeper always leaves those that were
 * added during its checkpoint, so the writer copies them, without a sync.
 * Kill -9 loses nothing by that; a power failure at that moment might damage
 * the file. */
static int
audit_store_wal_cb(void *context, sqlite3 *handle, const char *database,
    int frames)
{
	struct audit *store = context;

	(void)database;
	audit_keeper_written(store->keeper, frames);
	if (frames < store->tried)
		store->tried = 0;
	if (frames >= AUDIT_STORE_FRAMES_MAX &&
	    frames - store->tried >= AUDIT_STORE_FRAMES_STEP) {
		store->tried = frames;
		sqlite3_wal_checkpoint_v2(handle, NULL,
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
	return SQLITE_OK;
}

/* The last id of the newest rotated file: ids go on from file to file, so that
 * a record's id names it for good. */
static int64_t
audit_store_last_rotated_id(const struct audit *store)
{
	struct dirent **list;
	int count = audit_files(store->folder, &list);
	sqlite3 *handle = NULL;
	char path[AUDIT_STORE_PATH_SIZE];
	int64_t last = 0;

	if (count > 0) {
		audit_store_path(store, path, list[count - 1]->d_name);
		if (sqlite_file_open(&handle, path, SQLITE_OPEN_READONLY |
		    SQLITE_OPEN_NOFOLLOW, AUDIT_STORE_BUSY_MS) == ERROR_NONE)
			sqlite_file_read_numbers(handle,
			    "SELECT max(id) FROM records", &last, 1);
		sqlite3_close(handle);
	}
	audit_files_free(list, count);
	return last;
}

/* An empty file takes its first id from this process, which may just have
 * rotated, or from the newest rotated file. */
static int
audit_store_read_position(struct audit *store)
{
	int64_t is[2] = { 0, 0 };

	if (sqlite_file_read_numbers(store->handle, "SELECT max(id), (SELECT"
	    " at FROM records ORDER BY id LIMIT 1) FROM records", is, 2) !=
	    ERROR_NONE)
		return audit_store_fail_sqlite(store);
	store->first_at = is[1];
	store->first_id = 0;
	if (is[0] == 0) {
		is[0] = store->next_id != 0 ? store->next_id - 1 :
		    audit_store_last_rotated_id(store);
		store->first_id = is[0] + 1;
	}
	store->next_id = is[0] + 1;
	return ERROR_NONE;
}

static int
audit_store_prepare(struct audit *store)
{
	if (sqlite3_prepare_v3(store->handle, insert_sql, -1,
	    SQLITE_PREPARE_PERSISTENT, &store->insert, NULL) != SQLITE_OK)
		return audit_store_fail_sqlite(store);
	store->tried = 0;
	sqlite3_wal_hook(store->handle, audit_store_wal_cb, store);
	return ERROR_NONE;
}

static int
audit_store_open_file(struct audit *store)
{
	char path[AUDIT_STORE_PATH_SIZE];
	int rc;

	audit_store_path(store, path, AUDIT_FILE);
	rc = store_file_open(&store->handle, &audit_file, path, store->detail);
	if (rc == ERROR_NONE)
		rc = audit_store_read_position(store);
	if (rc == ERROR_NONE)
		rc = audit_store_prepare(store);
	if (rc != ERROR_NONE)
		audit_store_close(store);
	return rc;
}

void
audit_store_close(struct audit *store)
{
	sqlite3_finalize(store->insert);
	sqlite3_close(store->handle);
	store->insert = NULL;
	store->handle = NULL;
}

/* --- damage ----------------------------------------------------------- */

/* A name that exists is never replaced: the next second's is tried. */
static int
audit_store_put_aside(struct audit *store)
{
	char from[AUDIT_STORE_PATH_SIZE], to[AUDIT_STORE_PATH_SIZE];
	char name[AUDIT_NAME_MAX];
	time_t at = time(NULL);
	struct stat st;
	int tries = 0, rc;

	do {
		if (!audit_name(name, "audit-damaged", at++) ||
		    tries++ == AUDIT_STORE_ASIDE_TRIES)
			return audit_store_fail(store, ERROR_EXISTS, NULL);
		audit_store_path(store, to, name);
	} while (lstat(to, &st) == 0);
	audit_store_path(store, from, AUDIT_FILE);
	rc = store_file_put_aside(from, to, store->detail);
	if (rc != ERROR_NONE)
		return rc;
	memcpy(store->aside, name, sizeof(name));
	snprintf(store->detail, sizeof(store->detail), "%.300s was damaged"
	    " and is %s now", from, name);
	return ERROR_NONE;
}

/* The keeper is paused: no file may be open while it is renamed. */
int
audit_store_open(struct audit *store)
{
	int rc;

	if (!audit_keeper_pause(store->keeper, AUDIT_STORE_BUSY_MS))
		return audit_store_fail(store, ERROR_LOCKED,
		    "the disk is still at the file before");
	rc = audit_store_open_file(store);
	if (rc == ERROR_NOTADB) {
		rc = audit_store_put_aside(store);
		if (rc == ERROR_NONE)
			rc = audit_store_open_file(store);
	}
	if (rc == ERROR_NONE)
		audit_keeper_tidy(store->keeper, store->keep);
	audit_keeper_resume(store->keeper);
	return rc;
}

/* --- rotation --------------------------------------------------------- */

static bool
audit_store_is_due(const struct audit *store, int64_t at)
{
	char path[AUDIT_STORE_PATH_SIZE];
	struct stat st;

	if (store->first_at == 0)
		return false;
	audit_store_path(store, path, AUDIT_FILE);
	return (store->age_max != 0 && at > store->first_at &&
	    at - store->first_at > store->age_max) ||
	    (store->bytes_max != 0 && stat(path, &st) == 0 &&
	    (uint64_t)st.st_size > store->bytes_max);
}

/* Chooses a time later than that of every rotated file, also when the clock was
 * set back: the order of the names is the order of the records. */
static bool
audit_store_choose_name(const struct audit *store,
    char name[AUDIT_NAME_MAX], time_t at)
{
	struct dirent **list;
	int count = audit_files(store->folder, &list);
	time_t newest;

	if (count > 0 && audit_name_rotated(list[count - 1]->d_name,
	    &newest) && newest >= at)
		at = newest + 1;
	audit_files_free(list, count);
	return count >= 0 && audit_name(name, "audit", at);
}

/* Renames audit.db, unless another process has it open: when that process
 * closed it, its SQLite would delete the WAL by name, which is the next file's
 * then.  Leaving WAL mode succeeds only if no other process has the file open,
 * and the exclusive lock makes sure of that until the rename. */
static bool
audit_store_end_file(struct audit *store, int64_t at)
{
	char from[AUDIT_STORE_PATH_SIZE], to[AUDIT_STORE_PATH_SIZE];
	char name[AUDIT_NAME_MAX];
	bool done = false;

	audit_store_path(store, from, AUDIT_FILE);
	sqlite3_busy_timeout(store->handle, 0);
	if (store_file_set_journal(store->handle, "delete") &&
	    sqlite_file_exec(store->handle, "BEGIN EXCLUSIVE") == ERROR_NONE) {
		if (audit_store_choose_name(store, name, (time_t)(at / 1000))) {
			audit_store_path(store, to, name);
			done = rename(from, to) == 0;
		}
		sqlite_file_exec(store->handle, "ROLLBACK");
	}
	if (!done && !store_file_set_journal(store->handle, "wal"))
		audit_store_close(store);
	else
		sqlite3_busy_timeout(store->handle, AUDIT_STORE_BUSY_MS);
	return done;
}

void
audit_store_rotate(struct audit *store, int64_t at)
{
	if (store->handle == NULL || !audit_store_is_due(store, at) ||
	    !audit_keeper_pause(store->keeper, 0))
		return;
	if (audit_store_end_file(store, at)) {
		audit_store_close(store);
		audit_store_open_file(store);
		audit_keeper_tidy(store->keeper, store->keep);
	}
	audit_keeper_resume(store->keeper);
}

/* --- records ---------------------------------------------------------- */

/* Bindings are cleared after each row: audit.c binds only what is not NULL, and
 * the texts it bound are its own. */
static int
audit_store_step_insert(struct audit *store)
{
	int rc = ERROR_NONE;

	if (store->first_id != 0)
		sqlite3_bind_int64(store->insert, 1, store->first_id);
	if (sqlite3_step(store->insert) != SQLITE_DONE)
		rc = audit_store_fail_sqlite(store);
	sqlite3_reset(store->insert);
	sqlite3_clear_bindings(store->insert);
	return rc;
}

int
audit_store_insert(struct audit *store, int64_t at)
{
	int rc = audit_store_step_insert(store);

	if (rc == ERROR_NOTADB &&
	    audit_keeper_pause(store->keeper, AUDIT_STORE_BUSY_MS)) {
		audit_store_close(store);
		audit_store_put_aside(store);
		audit_keeper_resume(store->keeper);
	}
	if (rc != ERROR_NONE)
		return rc;
	store->next_id = sqlite3_last_insert_rowid(store->handle) + 1;
	store->first_id = 0;
	if (store->first_at == 0)
		store->first_at = at;
	return ERROR_NONE;
}
