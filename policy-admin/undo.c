/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <string.h>

#include "policy-admin/history.h"
#include "policy-admin/rows.h"
#include "policy-admin/transaction.h"

/* Reverts the rows of the history one by one, the last change first, with the
 * schema's triggers off: what they did is in the history, too, and would be
 * done twice.  A row that is not as the history says is an error, because then
 * something is missing in the history.  In the end every row of the policy has
 * to pass the schema's rules. */

enum statement {
	UNDO_SELECT_LIMITS,
	UNDO_SELECT_TABLE,
	UNDO_SELECT_CHANGES,
	UNDO_INSERT_CHANGE,
	UNDO_RECORD_DELETED,
	UNDO_DELETE_CREDENTIALS,
	UNDO_RECORD_MOVED,
	UNDO_MOVE_CREDENTIALS,
	UNDO_CHECK_KEYS,
	UNDO_SELECT_PASSWORDS,
	UNDO_STATEMENT_COUNT
};

/* UNDO_SELECT_TABLE writes the statements for one table from its columns, so
 * that a column of a later schema can't be forgotten here.  They compare and
 * restore a row as the JSON that the history has of it.
 * Credentials have no such statements: the history holds no keys.  They follow
 * their user, and get rows of their own in the history. */
static const char *const statement_sql[UNDO_STATEMENT_COUNT] = {
	[UNDO_SELECT_LIMITS] =
	    ("SELECT (SELECT coalesce(max(seq), 0) FROM sqlite_sequence"
	    "  WHERE name = 'history'),"
	    " (SELECT count(*) FROM history WHERE revision > ?1)"),
	[UNDO_SELECT_TABLE] =
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
	[UNDO_SELECT_CHANGES] =
	    ("SELECT revision, table_name, old, new,"
	    " json_extract(old, '$.name'), json_extract(new, '$.name'),"
	    " coalesce(json_extract(old, '$.user_name'),"
	    "  json_extract(new, '$.user_name')) "
	    "FROM history WHERE revision > ?1 AND revision <= ?2 "
	    "ORDER BY revision DESC"),
	[UNDO_INSERT_CHANGE] =
	    ("INSERT INTO history (table_name, old, new)"
	    " SELECT table_name, new, old FROM history WHERE revision = ?1"),
	[UNDO_RECORD_DELETED] =
	    ("INSERT INTO history (table_name, old) SELECT 'credentials', image"
	    " FROM credential_images WHERE user_name = ?1"),
	[UNDO_DELETE_CREDENTIALS] =
	    "DELETE FROM credentials WHERE user_name = ?1",
	[UNDO_RECORD_MOVED] =
	    ("INSERT INTO history (table_name, old, new) SELECT 'credentials',"
	    " image, json_set(image, '$.user_name', ?2)"
	    " FROM credential_images WHERE user_name = ?1"),
	[UNDO_MOVE_CREDENTIALS] =
	    "UPDATE credentials SET user_name = ?2 WHERE user_name = ?1",
	[UNDO_CHECK_KEYS] = "SELECT \"table\" FROM pragma_foreign_key_check",
	[UNDO_SELECT_PASSWORDS] =
	    ("SELECT name, name IN (SELECT user_name FROM credentials)"
	    " FROM users ORDER BY name"),
};

/* The statements of one table, in the order of UNDO_SELECT_TABLE's columns. */
enum { UNDO_DELETE, UNDO_INSERT, UNDO_SELECT, UNDO_WAYS };

static const char *const table_names[] = {
	"users", "groups", "group_members", "vms", "pools", "pool_members",
	"grants", "zones",
};

enum { UNDO_TABLES = sizeof(table_names) / sizeof(table_names[0]) };

/* Does what the triggers of `credentials` would have done.  Decoys take their
 * shape from these counts. */
static const char count_shapes[] =
    "DELETE FROM credential_shapes;"
    "INSERT INTO credential_shapes (mechanism, iterations, salt_size, users)"
    " SELECT mechanism, iterations, length(salt), count(*) FROM credentials"
    " GROUP BY 1, 2, 3";

/* The view stores nothing: its trigger runs the rules over every row. */
static const char check_rules[] =
    "INSERT INTO all_rules VALUES (NULL)";

struct undo {
	struct database database;
	struct policy_undo *what;
	bool trial;
	sqlite3_stmt *tables[UNDO_TABLES][UNDO_WAYS];
	/* The names of the users whose password changed after the revision, as
	 * they are at the present step of the way back. */
	GHashTable *marks;
	bool moved;		/* credentials were renamed or deleted */
};

/* Binds up to two texts, steps and resets the statement.  Returns SQLITE_ROW, 0
 * if there is no row, or an error. */
static int
undo_step(struct undo *undo, sqlite3_stmt *statement, const char *first,
    const char *second)
{
	int rc;

	sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(statement) > 1)
		sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
	rc = database_step(&undo->database, statement);
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? ERROR_NONE : rc;
}

static int
undo_prepare_table(struct undo *undo, size_t table)
{
	struct database *database = &undo->database;
	sqlite3_stmt *texts = database->statements[UNDO_SELECT_TABLE];
	int rc;

	sqlite3_bind_text(texts, 1, table_names[table], -1, SQLITE_STATIC);
	rc = database_step(database, texts);
	for (int way = 0; rc >= 0 && way < UNDO_WAYS; way++)
		rc = database_prepare(database,
		    (const char *)sqlite3_column_text(texts, way),
		    &undo->tables[table][way]);
	sqlite3_reset(texts);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Between trial and undo a person reads and answers, without a lock held. */
static int
undo_check_limits(struct undo *undo)
{
	struct database *database = &undo->database;
	sqlite3_stmt *limits = database->statements[UNDO_SELECT_LIMITS];
	long long wanted = undo->what->revision, latest, count;
	int rc;

	sqlite3_bind_int64(limits, 1, wanted);
	rc = database_step(database, limits);
	if (rc < 0)
		return rc;
	latest = sqlite3_column_int64(limits, 0);
	count = sqlite3_column_int64(limits, 1);
	sqlite3_reset(limits);
	if (!undo->trial && latest != undo->what->latest)
		return transaction_fail(database, ERROR_REVISION, "the policy"
		    " has changed meanwhile, it is at revision %lld now;"
		    " nothing was taken back", latest);
	if (wanted < 0 || wanted > latest)
		return transaction_fail(database, ERROR_REVISION, "there is no"
		    " revision %lld, the latest is %lld", wanted, latest);
	if (count != latest - wanted)
		return transaction_fail(database, ERROR_REVISION, "the history"
		    " after revision %lld is not complete, %lld of %lld"
		    " revisions were deleted", wanted, latest - wanted - count,
		    latest - wanted);
	undo->what->latest = latest;
	undo->what->count = count;
	return ERROR_NONE;
}

/* Moves the credentials when a user is renamed, deletes them with the user, and
 * writes the history of either.  Credentials that were left behind would belong
 * to the next user of that name. */
static int
undo_move_credentials(struct undo *undo, const char *before, const char *now)
{
	sqlite3_stmt *const *statements = undo->database.statements;
	bool gone = before == NULL;
	int rc;

	if (now == NULL || (!gone && strcmp(before, now) == 0))
		return ERROR_NONE;
	undo->moved = true;
	/* A rename moves the mark. */
	if (g_hash_table_remove(undo->marks, now) && !gone)
		g_hash_table_add(undo->marks, g_strdup(before));
	rc = undo_step(undo, statements[gone ? UNDO_RECORD_DELETED :
	    UNDO_RECORD_MOVED], now, before);
	return rc != ERROR_NONE ? rc : undo_step(undo, statements[gone ?
	    UNDO_DELETE_CREDENTIALS : UNDO_MOVE_CREDENTIALS], now, before);
}

static int
undo_revert_row(struct undo *undo, size_t table, sqlite3_stmt *row)
{
	struct database *database = &undo->database;
	sqlite3_stmt *const *ways = undo->tables[table];
	const char *old = (const char *)sqlite3_column_text(row, 2);
	const char *new = (const char *)sqlite3_column_text(row, 3);
	long long revision = sqlite3_column_int64(row, 0);
	int rc = ERROR_NONE;

	if (new != NULL) {
		rc = undo_step(undo, ways[UNDO_DELETE], new, NULL);
		if (rc == ERROR_NONE && sqlite3_changes(database->handle) != 1)
			return transaction_fail(database, ERROR_REVISION,
			    "a row of %s is not as revision %lld left it, so"
			    " something is missing in the history",
			    table_names[table], revision);
	}
	if (rc != ERROR_NONE || old == NULL)
		return rc;
	rc = undo_step(undo, ways[UNDO_INSERT], old, NULL);
	/* JSON that lacks a column or has one too many, or a value of another
	 * type, makes another row than the one that the history has. */
	if (rc == ERROR_NONE)
		rc = undo_step(undo, ways[UNDO_SELECT], old, NULL);
	if (rc == ERROR_NONE)
		return transaction_fail(database, ERROR_REVISION,
		    "the row of %s before revision %lld can't be put together"
		    " again", table_names[table], revision);
	return rc < 0 ? rc : ERROR_NONE;
}

/* `vmauthz passwd` deletes and inserts credentials.  One that was updated is
 * taken for renamed, which leaves the password as it was. */
static void
undo_mark_password(struct undo *undo, sqlite3_stmt *row)
{
	const char *user = (const char *)sqlite3_column_text(row, 6);

	if (user != NULL && (sqlite3_column_type(row, 2) == SQLITE_NULL ||
	    sqlite3_column_type(row, 3) == SQLITE_NULL))
		g_hash_table_add(undo->marks, g_strdup(user));
}

static int
undo_revert_change(struct undo *undo, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 1);
	size_t table = 0;
	int rc;

	if (strcmp(name, "credentials") == 0) {
		undo_mark_password(undo, row);
		return ERROR_NONE;
	}
	while (table < UNDO_TABLES && strcmp(name, table_names[table]) != 0)
		table++;
	if (table == UNDO_TABLES)
		return transaction_fail(&undo->database, ERROR_REVISION,
		    "revision %lld changed a table that this program doesn't"
		    " know", (long long)sqlite3_column_int64(row, 0));
	rc = undo_revert_row(undo, table, row);
	/* The triggers that write the history are off. */
	if (rc == ERROR_NONE)
		rc = undo_step(undo,
		    undo->database.statements[UNDO_INSERT_CHANGE],
		    (const char *)sqlite3_column_text(row, 0), NULL);
	if (rc == ERROR_NONE && strcmp(name, "users") == 0)
		rc = undo_move_credentials(undo,
		    (const char *)sqlite3_column_text(row, 4),
		    (const char *)sqlite3_column_text(row, 5));
	return rc;
}

static int
undo_revert_changes(struct undo *undo)
{
	sqlite3_stmt *changes = undo->database.statements[UNDO_SELECT_CHANGES];
	int rc;

	sqlite3_bind_int64(changes, 1, undo->what->revision);
	sqlite3_bind_int64(changes, 2, undo->what->latest);
	while ((rc = database_step(&undo->database, changes)) == SQLITE_ROW) {
		rc = undo_revert_change(undo, changes);
		if (rc != ERROR_NONE)
			break;
	}
	sqlite3_reset(changes);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Foreign keys were off, so that nothing has checked them yet. */
static int
undo_check_keys(struct undo *undo)
{
	sqlite3_stmt *check = undo->database.statements[UNDO_CHECK_KEYS];
	int rc = database_step(&undo->database, check);

	if (rc == SQLITE_ROW)
		rc = transaction_fail(&undo->database, ERROR_REVISION,
		    "a row of %s would name something that is not there",
		    (const char *)sqlite3_column_text(check, 0));
	return rc < 0 ? rc : ERROR_NONE;
}

static int
undo_read_passwords(struct undo *undo)
{
	struct database *database = &undo->database;
	GPtrArray *users = rows_new();
	int rc = transaction_read_rows(database,
	    database->statements[UNDO_SELECT_PASSWORDS], users);

	for (guint i = 0; i < users->len; i++) {
		if (g_hash_table_contains(undo->marks, rows_at(users, i)[0]))
			g_ptr_array_add(undo->what->passwords,
			    g_strdupv(rows_at(users, i)));
	}
	g_ptr_array_unref(users);
	return rc;
}

/* The triggers are off because they also write the history, cascade renames and
 * count shapes, all of which is done here.  Foreign keys are off because a row
 * may refer to one that is restored only some steps later. */
static int
undo_revert(struct undo *undo)
{
	sqlite3 *handle = undo->database.handle;
	int rc = ERROR_NONE;

	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	for (size_t i = 0; rc == ERROR_NONE && i < UNDO_TABLES; i++)
		rc = undo_prepare_table(undo, i);
	if (rc == ERROR_NONE)
		rc = undo_revert_changes(undo);
	if (rc == ERROR_NONE && undo->moved)
		rc = database_exec(&undo->database, count_shapes);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
	if (rc == ERROR_NONE)
		rc = database_exec(&undo->database, check_rules);
	if (rc == ERROR_NONE)
		rc = undo_check_keys(undo);
	if (rc == ERROR_NONE && undo->trial)
		rc = undo_read_passwords(undo);
	for (size_t i = 0; i < UNDO_TABLES; i++) {
		for (size_t way = 0; way < UNDO_WAYS; way++)
			sqlite3_finalize(undo->tables[i][way]);
	}
	return rc;
}

static int
undo_revert_cb(void *context)
{
	struct undo *undo = context;
	int rc = undo_check_limits(undo);

	if (rc == ERROR_NONE)
		rc = undo_revert(undo);
	return rc == ERROR_NONE && undo->trial ? TRANSACTION_ROLL_BACK : rc;
}

int
policy_undo(const char *path, struct policy_undo *what, bool trial,
    char detail[ERROR_DETAIL_MAX])
{
	struct undo undo = { .what = what, .trial = trial };
	int rc = database_init(&undo.database, path, true, statement_sql,
	    UNDO_STATEMENT_COUNT);

	undo.marks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    NULL);
	rc = transaction_run(&undo.database, rc, undo_revert_cb, &undo, detail);
	g_hash_table_unref(undo.marks);
	return rc;
}
