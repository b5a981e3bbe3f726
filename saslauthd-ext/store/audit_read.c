/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_read.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sqlite_file.h"

enum {
	AUDIT_READ_PATH_SIZE = PATH_MAX + AUDIT_NAME_MAX,
	AUDIT_READ_BUSY_MS = 2000,	/* a person waits, not a login */
	AUDIT_READ_TRIES = 10,	/* while rotations change the names */
	AUDIT_READ_MOVED = 1,	/* the name is another file's by now */
};

static const char records_sql[] = "SELECT " AUDIT_COLUMNS " FROM records"
    " WHERE id > ?1 AND id <= ?2 AND at >= ?3"
    " AND (?4 IS NULL OR user = ?4 OR user GLOB ?4)"
    " AND (?5 IS NULL OR vm = ?5 OR vm GLOB ?5)"
    " AND (NOT ?6 OR verdict = 'deny')"
    " ORDER BY id LIMIT ?7";

struct reader {
	const char *folder;
	const struct audit_filter *filter;
	struct audit_place *place;
	audit_read_cb *callback;
	void *context;
	char *detail;
	sqlite3 *handle;
	int64_t tables;		/* of the file that is open */
	char path[AUDIT_READ_PATH_SIZE];
	int count;
};

/* --- one file --------------------------------------------------------- */

static int
audit_read_fail(struct reader *reader, int error, const char *why)
{
	return store_file_report(error, reader->path, why, reader->detail);
}

static int
audit_read_fail_sqlite(struct reader *reader)
{
	return store_file_error(reader->handle, reader->path, reader->detail);
}

/* Opens the file and begins a transaction with a first query: BEGIN alone locks
 * nothing, and from the lock on the file can't be rotated. */
static int
audit_read_open_as(struct reader *reader, const char *name)
{
	if (sqlite_file_open(&reader->handle, name, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, AUDIT_READ_BUSY_MS) !=
	    ERROR_NONE ||
	    sqlite_file_exec(reader->handle, "BEGIN") != ERROR_NONE ||
	    sqlite_file_read_numbers(reader->handle, "SELECT count(*) FROM"
	    " sqlite_schema", &reader->tables, 1) != ERROR_NONE)
		return audit_read_fail_sqlite(reader);
	return ERROR_NONE;
}

static void
audit_read_close(struct reader *reader)
{
	sqlite3_close(reader->handle);
	reader->handle = NULL;
}

/* Writes the path as a URI with immutable=1, with which SQLite looks for no WAL
 * and locks nothing; see https://sqlite.org/uri.html.  All octets are escaped,
 * for '?', '#' and '%' mean something in a URI. */
static void
audit_read_immutable_uri(const char *path,
    char uri[3 * AUDIT_READ_PATH_SIZE + 32])
{
	char *out = uri + sprintf(uri, "file:");

	for (; *path != '\0'; path++)
		out += sprintf(out, *path == '/' ? "/" : "%%%02X",
		    (unsigned char)*path);
	strcpy(out, "?immutable=1");
}

/* Opens the file.  A file in WAL mode needs its -shm, which does not exist
 * while vmauthzd is stopped, and which a user who may only read the folder
 * can't make.  If there is no WAL either, the file is complete and can be read
 * as an immutable one. */
static int
audit_read_open(struct reader *reader)
{
	char wal[AUDIT_READ_PATH_SIZE + 8], uri[3 * AUDIT_READ_PATH_SIZE + 32];
	struct stat st;
	int rc;

	rc = audit_read_open_as(reader, reader->path);
	snprintf(wal, sizeof(wal), "%s-wal", reader->path);
	if ((rc != ERROR_ACCESS && rc != ERROR_JOURNAL) ||
	    (stat(wal, &st) == 0 && st.st_size != 0))
		return rc;
	audit_read_close(reader);
	audit_read_immutable_uri(reader->path, uri);
	return audit_read_open_as(reader, uri);
}

static const char *
audit_read_text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

static void
audit_read_field(sqlite3_stmt *statement, enum decision_field_index index,
    struct decision_record *record)
{
	const struct decision_field *field = &decision_fields[index];
	int column = audit_column(index);
	const char *text;

	switch (field->form) {
	case DECISION_FORM_NAMES:
		break;		/* no column */
	case DECISION_FORM_VERDICT:
		text = audit_read_text(statement, column);
		if (text != NULL)
			verdict_parse(text, strlen(text), &record->verdict);
		break;
	case DECISION_FORM_LOCAL:
		record->local_user = audit_read_text(statement, column);
		if (record->local_user != NULL)
			record->local = REQUEST_LOCAL_ACCOUNT;
		break;
	case DECISION_FORM_TEXT:
	case DECISION_FORM_CLIENT:
	case DECISION_FORM_REASON:
		decision_set_text(record, field,
		    audit_read_text(statement, column));
		break;
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
	case DECISION_FORM_TIME:
		decision_set_number(record, field,
		    sqlite3_column_int64(statement, column));
		break;
	case DECISION_FORM_SHA256:
		if (sqlite3_column_bytes(statement, column) ==
		    REQUEST_SHA256_SIZE)
			record->certificate.sha256 =
			    sqlite3_column_blob(statement, column);
		break;
	}
}

/* Reads a row.  Returns false if its kind is unknown: another program may have
 * inserted it. */
static bool
audit_read_row(sqlite3_stmt *statement, struct audit_row *row_r)
{
	const char *kind = audit_read_text(statement, AUDIT_COLUMN_KIND);
	int i = 0;

	memset(row_r, 0, sizeof(*row_r));
	row_r->id = sqlite3_column_int64(statement, AUDIT_COLUMN_ID);
	while (kind != NULL && i < AUDIT_KIND_COUNT &&
	    strcmp(audit_kind_names[i], kind) != 0)
		i++;
	if (kind == NULL || i == AUDIT_KIND_COUNT)
		return false;
	row_r->kind = (enum audit_kind)i;
	row_r->event = audit_read_text(statement, AUDIT_COLUMN_EVENT);
	row_r->issued_by = audit_read_text(statement, AUDIT_COLUMN_ISSUED_BY);
	for (i = 0; i < DECISION_FIELD_COUNT; i++)
		audit_read_field(statement, (enum decision_field_index)i,
		    &row_r->record);
	return true;
}

/* A row of no kind counts, too, so that reading gets past it. */
static void
audit_read_deliver(struct reader *reader, sqlite3_stmt *statement)
{
	struct audit_row row;

	if (audit_read_row(statement, &row))
		reader->callback(reader->context, &row);
	reader->place->id = row.id;
	reader->count++;
}

static int
audit_read_records(struct reader *reader)
{
	const struct audit_filter *filter = reader->filter;
	sqlite3_stmt *statement = NULL;
	int64_t last;
	int rc;

	if (sqlite_file_read_numbers(reader->handle,
	    "SELECT max(id) FROM records", &last, 1) != ERROR_NONE)
		return audit_read_fail_sqlite(reader);
	if (last <= reader->place->id)
		return ERROR_NONE;
	if (sqlite3_prepare_v2(reader->handle, records_sql, -1, &statement,
	    NULL) != SQLITE_OK)
		return audit_read_fail_sqlite(reader);
	sqlite3_bind_int64(statement, 1, reader->place->id);
	sqlite3_bind_int64(statement, 2, last);
	sqlite3_bind_int64(statement, 3, filter->since);
	sqlite3_bind_text(statement, 4, filter->user, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, filter->vm, -1, SQLITE_STATIC);
	sqlite3_bind_int(statement, 6, filter->denied);
	sqlite3_bind_int(statement, 7, AUDIT_READ_MAX);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
		audit_read_deliver(reader, statement);
	rc = rc == SQLITE_DONE ? ERROR_NONE : audit_read_fail_sqlite(reader);
	sqlite3_finalize(statement);
	if (rc == ERROR_NONE && reader->count < AUDIT_READ_MAX)
		reader->place->id = last;
	return rc;
}

/* Reads nothing of a file without tables: vmauthzd is just making it. */
static int
audit_read_tables(struct reader *reader)
{
	struct sqlite_file_header is;

	if (reader->tables == 0)
		return ERROR_NONE;
	if (sqlite_file_read_header(reader->handle, &is) != ERROR_NONE)
		return audit_read_fail_sqlite(reader);
	if (is.application_id != AUDIT_APPLICATION_ID)
		return audit_read_fail(reader, ERROR_NOTADB, "not an audit");
	if (is.version != AUDIT_VERSION)
		return audit_read_fail(reader, ERROR_NOTADB,
		    "an audit of another version");
	return audit_read_records(reader);
}

static void
audit_read_set_path(struct reader *reader, const char *name)
{
	snprintf(reader->path, sizeof(reader->path), "%s/%.63s", reader->folder,
	    name);
}

static void
audit_read_move_to(struct audit_place *place, const char *name,
    const struct stat *st)
{
	if (place->device != st->st_dev || place->inode != st->st_ino)
		place->id = 0;
	place->device = st->st_dev;
	place->inode = st->st_ino;
	snprintf(place->name, sizeof(place->name), "%.63s", name);
}

/* Reads the file that st is of.  Returns AUDIT_READ_MOVED if the name is
 * another file's once it is open: a rotation came between, and the caller
 * begins again. */
static int
audit_read_file(struct reader *reader, const char *name, const struct stat *st)
{
	struct stat now;
	int rc;

	audit_read_move_to(reader->place, name, st);
	if (reader->place->id == INT64_MAX)
		return ERROR_NONE;
	audit_read_set_path(reader, name);
	rc = audit_read_open(reader);
	if (stat(reader->path, &now) != 0 || now.st_dev != st->st_dev ||
	    now.st_ino != st->st_ino)
		rc = AUDIT_READ_MOVED;
	else if (rc == ERROR_NONE)
		rc = audit_read_tables(reader);
	audit_read_close(reader);
	if (rc < 0 && rc != ERROR_LOCKED)
		reader->place->id = INT64_MAX;
	return rc;
}

/* --- all files -------------------------------------------------------- */

static bool
audit_read_is_place(struct reader *reader, const char *name)
{
	struct stat st;

	audit_read_set_path(reader, name);
	return stat(reader->path, &st) == 0 &&
	    st.st_ino == reader->place->inode &&
	    st.st_dev == reader->place->device;
}

/* Returns the index in the list of the file to continue with, or count for
 * audit.db.  If the file was deleted, the next later name is that. */
static int
audit_read_find_place(struct reader *reader, struct dirent **list, int count)
{
	const char *name = reader->place->name;
	int next = 0;

	for (int i = count - 1; i >= 0; i--) {
		if (audit_read_is_place(reader, list[i]->d_name))
			return i;
	}
	if (name[0] == '\0')
		return 0;
	if (strcmp(name, AUDIT_FILE) == 0)
		return count;
	while (next < count && strcmp(list[next]->d_name, name) <= 0)
		next++;
	return next;
}

static int
audit_read_list(struct reader *reader, struct dirent **list, int count,
    const struct stat *current)
{
	int rc = ERROR_NONE;

	for (int i = audit_read_find_place(reader, list, count); i < count &&
	    rc == ERROR_NONE && reader->count == 0; i++) {
		struct stat st;

		audit_read_set_path(reader, list[i]->d_name);
		if (stat(reader->path, &st) == 0)
			rc = audit_read_file(reader, list[i]->d_name, &st);
	}
	if (rc == ERROR_NONE && reader->count == 0 && current != NULL)
		rc = audit_read_file(reader, AUDIT_FILE, current);
	return rc;
}

/* Looks at audit.db before it lists the folder.  If audit.db is still the same
 * file when it is opened, no rotation came between: the list is complete. */
static int
audit_read_folder(struct reader *reader)
{
	struct dirent **list;
	struct stat st;
	bool current;
	int count, rc;

	audit_read_set_path(reader, AUDIT_FILE);
	current = stat(reader->path, &st) == 0;
	if (!current && errno != ENOENT)
		return audit_read_fail(reader, ERROR_ACCESS, strerror(errno));
	count = audit_files(reader->folder, &list);
	if (count < 0)
		return audit_read_fail(reader, errno == ENOENT ?
		    ERROR_MISSING : ERROR_ACCESS, strerror(errno));
	rc = audit_read_list(reader, list, count, current ? &st : NULL);
	audit_files_free(list, count);
	return rc;
}

int
audit_read(const char *folder, const struct audit_filter *filter,
    struct audit_place *place, audit_read_cb *callback, void *context,
    char detail[AUDIT_DETAIL_MAX])
{
	struct reader reader = {
		.folder = folder, .filter = filter, .place = place,
		.callback = callback, .context = context, .detail = detail,
	};
	struct audit_place before = *place;
	int rc = AUDIT_READ_MOVED;

	for (int i = 0; i < AUDIT_READ_TRIES && rc == AUDIT_READ_MOVED; i++) {
		*place = before;
		rc = audit_read_folder(&reader);
	}
	return rc < 0 ? rc : reader.count;
}
