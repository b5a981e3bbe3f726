/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/database.h"
#include "policy-admin/history.h"

/* The way back is gone row by row, the last change first, with the schema's
 * triggers asleep: what they did is in the history, too.  Every row has to be
 * found as the history says that it was left, and every row of the policy
 * passes the schema's rules in the end. */

enum statement {
	SELECT_LIMITS,
	SELECT_TABLE,
	SELECT_CHANGES,
	INSERT_CHANGE,
	KEEP_REMOVED,
	REMOVE_CREDENTIALS,
	KEEP_MOVED,
	MOVE_CREDENTIALS,
	STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
	[SELECT_LIMITS] =
	    ("SELECT (SELECT coalesce(max(seq), 0) FROM sqlite_sequence"
	    "  WHERE name = 'history'),"
	    " (SELECT count(*) FROM history WHERE revision > ?1)"),
	[SELECT_TABLE] =
	    ("SELECT 'DELETE FROM ' || ?1 || ' WHERE ' || key || ' AND ' || row"
	    "  || ' = ?1',"
	    " 'INSERT INTO ' || ?1 || ' (' || columns || ') VALUES (' || texts"
	    "  || ')',"
	    " 'SELECT 1 FROM ' || ?1 || ' WHERE ' || key || ' AND ' || row"
	    "  || ' = ?1' "
	    "FROM (SELECT group_concat(name, ', ') AS columns,"
	    "  group_concat('json_extract(?1, ''$.' || name || ''')', ', ')"
	    "   AS texts,"
	    "  group_concat(iif(pk, name || ' = json_extract(?1, ''$.' || name"
	    "   || ''')', NULL), ' AND ') AS key,"
	    "  'json_object(' || group_concat('''' || name || ''', ' || name,"
	    "   ', ') || ')' AS row"
	    " FROM (SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid))"),
	[SELECT_CHANGES] =
	    ("SELECT revision, table_name, old, new,"
	    " json_extract(old, '$.name'), json_extract(new, '$.name'),"
	    " coalesce(json_extract(old, '$.user_name'),"
	    "  json_extract(new, '$.user_name')) "
	    "FROM history WHERE revision > ?1 AND revision <= ?2 "
	    "ORDER BY revision DESC"),
	[INSERT_CHANGE] =
	    "INSERT INTO history (table_name, old, new) VALUES (?1, ?2, ?3)",
	[KEEP_REMOVED] =
	    ("INSERT INTO history (table_name, old) SELECT 'credentials', image"
	    " FROM credential_images WHERE user_name = ?1"),
	[REMOVE_CREDENTIALS] =
	    "DELETE FROM credentials WHERE user_name = ?1",
	[KEEP_MOVED] =
	    ("INSERT INTO history (table_name, old, new) SELECT 'credentials',"
	    " image, json_set(image, '$.user_name', ?2)"
	    " FROM credential_images WHERE user_name = ?1"),
	[MOVE_CREDENTIALS] =
	    "UPDATE credentials SET user_name = ?2 WHERE user_name = ?1",
};

enum { TAKE_OUT, PUT_IN, IS_THERE, WAYS };

static const char *const table_names[] = {
	"users", "groups", "group_members", "vms", "pools", "pool_members",
	"grants", "zones",
};

enum { TABLES = sizeof(table_names) / sizeof(table_names[0]) };

/* Whose password changed since; a rename takes the mark along. */
enum mark { MARK, UNMARK, MOVE_MARK, MARKS };

static const char *const mark_sql[MARKS] = {
	[MARK] = "INSERT OR IGNORE INTO temp.undo_marks VALUES (?1)",
	[UNMARK] = "DELETE FROM temp.undo_marks WHERE name = ?1",
	[MOVE_MARK] =
	    "UPDATE OR REPLACE temp.undo_marks SET name = ?2 WHERE name = ?1",
};

static const char clear_marks[] =
    "CREATE TEMP TABLE IF NOT EXISTS undo_marks (name TEXT PRIMARY KEY);"
    "DELETE FROM temp.undo_marks";

static const char select_marked[] =
    "SELECT name, name IN (SELECT user_name FROM credentials)"
    " FROM temp.undo_marks WHERE name IN (SELECT name FROM users)"
    " ORDER BY name";

static const char count_shapes[] =
    "DELETE FROM credential_shapes;"
    "INSERT INTO credential_shapes (mechanism, iterations, salt_size, users)"
    " SELECT mechanism, iterations, length(salt), count(*) FROM credentials"
    " GROUP BY 1, 2, 3";

static const char check_rules[] =
    "INSERT INTO all_rules VALUES (NULL)";

struct undo {
	struct database database;
	struct policy_undo *what;
	sqlite3_stmt *tables[TABLES][WAYS];
	sqlite3_stmt *marks[MARKS];
	bool moved;			/* some credential is not as before */
};

__attribute__((format(printf, 2, 3)))
static int
refuse(struct undo *undo, const char *format, ...)
{
	char detail[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return database_fail(&undo->database, ERROR_REVISION, detail);
}

/* Runs a statement with up to two texts; SQLITE_ROW, SQLITE_DONE or an
 * error. */
static int
run(struct undo *undo, sqlite3_stmt *statement, const char *first,
    const char *second)
{
	int rc;

	sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(statement) > 1)
		sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
	rc = database_step(&undo->database, statement);
	sqlite3_reset(statement);
	return rc;
}

static int
prepare_table(struct undo *undo, size_t table)
{
	struct database *database = &undo->database;
	sqlite3_stmt *texts = database->statements[SELECT_TABLE];
	int rc;

	sqlite3_bind_text(texts, 1, table_names[table], -1, SQLITE_STATIC);
	rc = database_step(database, texts);
	for (int way = 0; rc >= 0 && way < WAYS; way++)
		rc = database_prepare(database,
		    (const char *)sqlite3_column_text(texts, way),
		    &undo->tables[table][way]);
	sqlite3_reset(texts);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
prepare(struct undo *undo)
{
	int rc = database_exec(&undo->database, clear_marks);

	for (size_t i = 0; rc == ERROR_NONE && i < TABLES; i++)
		rc = prepare_table(undo, i);
	for (size_t i = 0; rc == ERROR_NONE && i < MARKS; i++)
		rc = database_prepare(&undo->database, mark_sql[i],
		    &undo->marks[i]);
	return rc;
}

static void
finalize(struct undo *undo)
{
	for (size_t i = 0; i < TABLES; i++) {
		for (size_t way = 0; way < WAYS; way++)
			sqlite3_finalize(undo->tables[i][way]);
	}
	for (size_t i = 0; i < MARKS; i++)
		sqlite3_finalize(undo->marks[i]);
}

static int
check_limits(struct undo *undo, bool tried)
{
	sqlite3_stmt *limits = undo->database.statements[SELECT_LIMITS];
	long long wanted = undo->what->revision, latest, count;
	int rc;

	sqlite3_bind_int64(limits, 1, wanted);
	rc = database_step(&undo->database, limits);
	if (rc < 0)
		return rc;
	latest = sqlite3_column_int64(limits, 0);
	count = sqlite3_column_int64(limits, 1);
	sqlite3_reset(limits);
	if (tried && latest != undo->what->latest)
		return refuse(undo, "the policy has changed meanwhile, it is"
		    " at revision %lld now; nothing was taken back", latest);
	if (wanted < 0 || wanted > latest)
		return refuse(undo, "there is no revision %lld, the latest is"
		    " %lld", wanted, latest);
	if (count != latest - wanted)
		return refuse(undo, "the history after revision %lld is not"
		    " complete, %lld of %lld revisions were deleted", wanted,
		    latest - wanted - count, latest - wanted);
	undo->what->latest = latest;
	undo->what->count = count;
	return ERROR_NONE;
}

/* A password follows its user's name, and goes with him. */
static int
follow_user(struct undo *undo, const char *before, const char *now)
{
	sqlite3_stmt *const *statements = undo->database.statements;
	bool gone = before == NULL;
	int rc;

	if (now == NULL || (!gone && strcmp(before, now) == 0))
		return ERROR_NONE;
	undo->moved = true;
	rc = run(undo, undo->marks[gone ? UNMARK : MOVE_MARK], now, before);
	if (rc >= 0)
		rc = run(undo, statements[gone ? KEEP_REMOVED : KEEP_MOVED],
		    now, before);
	if (rc >= 0)
		rc = run(undo, statements[gone ? REMOVE_CREDENTIALS :
		    MOVE_CREDENTIALS], now, before);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
turn_back(struct undo *undo, size_t table, sqlite3_stmt *row)
{
	sqlite3_stmt *const *ways = undo->tables[table];
	const char *old = (const char *)sqlite3_column_text(row, 2);
	const char *new = (const char *)sqlite3_column_text(row, 3);
	long long revision = sqlite3_column_int64(row, 0);
	int rc = ERROR_NONE;

	if (new != NULL) {
		rc = run(undo, ways[TAKE_OUT], new, NULL);
		if (rc >= 0 && sqlite3_changes(undo->database.handle) != 1)
			return refuse(undo, "a row of %s is not as revision"
			    " %lld left it, so something is missing in the"
			    " history", table_names[table], revision);
	}
	if (rc >= 0 && old != NULL)
		rc = run(undo, ways[PUT_IN], old, NULL);
	if (rc >= 0 && old != NULL) {
		rc = run(undo, ways[IS_THERE], old, NULL);
		if (rc == SQLITE_DONE)
			return refuse(undo, "the row of %s before revision"
			    " %lld can't be put together again",
			    table_names[table], revision);
	}
	return rc < 0 ? rc : ERROR_NONE;
}

static int
keep(struct undo *undo, sqlite3_stmt *row)
{
	sqlite3_stmt *insert = undo->database.statements[INSERT_CHANGE];
	int rc;

	sqlite3_bind_value(insert, 1, sqlite3_column_value(row, 1));
	sqlite3_bind_value(insert, 2, sqlite3_column_value(row, 3));
	sqlite3_bind_value(insert, 3, sqlite3_column_value(row, 2));
	rc = database_step(&undo->database, insert);
	sqlite3_reset(insert);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Renames alone leave a password as it was. */
static int
mark_password(struct undo *undo, sqlite3_stmt *row)
{
	int rc;

	if (sqlite3_column_type(row, 2) != SQLITE_NULL &&
	    sqlite3_column_type(row, 3) != SQLITE_NULL)
		return ERROR_NONE;
	rc = run(undo, undo->marks[MARK],
	    (const char *)sqlite3_column_text(row, 6), NULL);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
take_back(struct undo *undo, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 1);
	size_t table = 0;
	int rc;

	if (strcmp(name, "credentials") == 0)
		return mark_password(undo, row);
	while (table < TABLES && strcmp(name, table_names[table]) != 0)
		table++;
	if (table == TABLES)
		return refuse(undo, "revision %lld changed a table that this"
		    " program doesn't know", (long long)
		    sqlite3_column_int64(row, 0));
	rc = turn_back(undo, table, row);
	if (rc == ERROR_NONE)
		rc = keep(undo, row);
	if (rc == ERROR_NONE && strcmp(name, "users") == 0)
		rc = follow_user(undo,
		    (const char *)sqlite3_column_text(row, 4),
		    (const char *)sqlite3_column_text(row, 5));
	return rc;
}

static int
take_all_back(struct undo *undo)
{
	sqlite3_stmt *changes = undo->database.statements[SELECT_CHANGES];
	int rc;

	sqlite3_bind_int64(changes, 1, undo->what->revision);
	sqlite3_bind_int64(changes, 2, undo->what->latest);
	while ((rc = database_step(&undo->database, changes)) == SQLITE_ROW) {
		rc = take_back(undo, changes);
		if (rc != ERROR_NONE)
			break;
	}
	sqlite3_reset(changes);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
check_keys(struct undo *undo)
{
	sqlite3_stmt *check = NULL;
	int rc = database_prepare(&undo->database, "PRAGMA foreign_key_check",
	    &check);

	if (rc == ERROR_NONE)
		rc = database_step(&undo->database, check);
	if (rc == SQLITE_ROW)
		rc = refuse(undo, "a row of %s would name something that is"
		    " not there", (const char *)sqlite3_column_text(check, 0));
	sqlite3_finalize(check);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
tell_passwords(struct undo *undo)
{
	sqlite3_stmt *marked = NULL;
	int rc = database_prepare(&undo->database, select_marked, &marked);

	while (rc >= 0 && undo->what->told != NULL &&
	    (rc = database_step(&undo->database, marked)) == SQLITE_ROW)
		undo->what->told(undo->what->context,
		    (const char *)sqlite3_column_text(marked, 0),
		    sqlite3_column_int(marked, 1) != 0);
	sqlite3_finalize(marked);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Triggers are not only the rules: they keep the history, cascade and count,
 * all of which is done by hand here. */
static int
go_back(struct undo *undo)
{
	sqlite3 *handle = undo->database.handle;
	int rc;

	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	rc = prepare(undo);
	if (rc == ERROR_NONE)
		rc = take_all_back(undo);
	if (rc == ERROR_NONE && undo->moved)
		rc = database_exec(&undo->database, count_shapes);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
	if (rc == ERROR_NONE)
		rc = database_exec(&undo->database, check_rules);
	if (rc == ERROR_NONE)
		rc = check_keys(undo);
	if (rc == ERROR_NONE)
		rc = tell_passwords(undo);
	finalize(undo);
	return rc;
}

static int
undo_run(struct undo *undo, bool apply)
{
	int rc = database_begin(&undo->database);

	if (rc != ERROR_NONE)
		return rc;
	database_take_time(&undo->database);
	rc = check_limits(undo, apply);
	if (rc == ERROR_NONE)
		rc = go_back(undo);
	if (!apply && rc == ERROR_NONE)
		return database_exec(&undo->database, "ROLLBACK");
	return database_end(&undo->database, rc);
}

static int
undo_call(const char *path, struct policy_undo *what, bool apply,
    char detail[POLICY_DETAIL_MAX])
{
	struct undo undo = { .what = what };
	int rc;

	strcpy(detail, error_text(ERROR_MEMORY));
	rc = database_init(&undo.database, path, true, statement_sql,
	    STATEMENT_COUNT);
	if (rc != ERROR_NONE)
		return rc;
	rc = undo_run(&undo, apply);
	memcpy(detail, undo.database.detail, POLICY_DETAIL_MAX);
	database_clear(&undo.database);
	return rc;
}

int
policy_undo_try(const char *path, struct policy_undo *undo,
    char detail[POLICY_DETAIL_MAX])
{
	return undo_call(path, undo, false, detail);
}

int
policy_undo_apply(const char *path, struct policy_undo *undo,
    char detail[POLICY_DETAIL_MAX])
{
	return undo_call(path, undo, true, detail);
}
