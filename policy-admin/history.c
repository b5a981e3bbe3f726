/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/history.h"

#include <stdlib.h>
#include <string.h>

#include "policy/database.h"

enum statement {
	HISTORY_SELECT_KNOWN,
	HISTORY_SELECT_TIME,
	HISTORY_SELECT_CHANGES,
	HISTORY_SELECT_COLUMNS,
	HISTORY_STATEMENT_COUNT
};

/* HISTORY_SELECT_CHANGES, step by step: images are all rows that the history
 * has seen.  links lead from a name to the groups or pools that it ever was in,
 * which have a % in front as in grants, and to its earlier names; memberships
 * older than a pruned history are in the tables alone, so these are read, too.
 * names follows the links from the filter's user (?3) and VM (?4), and has the
 * user's realm as grants write it ("*@realm").  sides says which column of a
 * table holds a name. */
static const char *const statement_sql[HISTORY_STATEMENT_COUNT] = {
	[HISTORY_SELECT_KNOWN] =
	    ("SELECT ?1 IS NULL OR EXISTS (SELECT 1 FROM users WHERE name = ?1)"
	    " OR EXISTS (SELECT 1 FROM history WHERE table_name = 'users'"
	    "  AND ?1 IN (json_extract(old, '$.name'),"
	    "   json_extract(new, '$.name'))),"
	    " ?2 IS NULL OR EXISTS (SELECT 1 FROM vms WHERE name = ?2)"
	    " OR EXISTS (SELECT 1 FROM history WHERE table_name = 'vms'"
	    "  AND ?2 IN (json_extract(old, '$.name'),"
	    "   json_extract(new, '$.name')))"),
	[HISTORY_SELECT_TIME] =
	    "SELECT strftime('%Y-%m-%d %H:%M:%S', ?1, '+0 days')",
	[HISTORY_SELECT_CHANGES] =
	    ("WITH RECURSIVE"
	    " images (table_name, image) AS ("
	    "  SELECT table_name, old FROM history WHERE old IS NOT NULL"
	    "  UNION ALL"
	    "  SELECT table_name, new FROM history WHERE new IS NOT NULL),"
	    " links (side, name, leads_to) AS MATERIALIZED ("
	    "  SELECT 'user', json_extract(image, '$.user_name'),"
	    "   '%' || json_extract(image, '$.group_name')"
	    "  FROM images WHERE table_name = 'group_members'"
	    "  UNION SELECT 'user', user_name, '%' || group_name"
	    "  FROM group_members"
	    "  UNION SELECT 'vm', json_extract(image, '$.vm_name'),"
	    "   '%' || json_extract(image, '$.pool_name')"
	    "  FROM images WHERE table_name = 'pool_members'"
	    "  UNION SELECT 'vm', vm_name, '%' || pool_name"
	    "  FROM pool_members"
	    "  UNION SELECT iif(table_name IN ('vms', 'pools'), 'vm', 'user'),"
	    "   prefix || json_extract(new, '$.name'),"
	    "   prefix || json_extract(old, '$.name')"
	    "  FROM (SELECT *,"
	    "    iif(table_name IN ('groups', 'pools'), '%', '') AS prefix"
	    "   FROM history WHERE old <> new AND table_name IN"
	    "    ('users', 'groups', 'vms', 'pools'))"
	    "  WHERE json_extract(old, '$.name') <>"
	    "   json_extract(new, '$.name')),"
	    " names (side, name) AS ("
	    "  SELECT 'user', ?3 WHERE ?3 IS NOT NULL"
	    "  UNION SELECT 'user', '*@' || substr(?3,"
	    "   length(rtrim(?3, replace(?3, '@', ''))) + 1)"
	    "  UNION SELECT 'vm', ?4 WHERE ?4 IS NOT NULL"
	    "  UNION SELECT links.side, leads_to FROM names"
	    "  JOIN links ON links.side = names.side"
	    "   AND links.name = names.name),"
	    " sides (table_name, side, prefix, key) AS (VALUES"
	    "  ('users', 'user', '', '$.name'),"
	    "  ('credentials', 'user', '', '$.user_name'),"
	    "  ('groups', 'user', '%', '$.name'),"
	    "  ('group_members', 'user', '', '$.user_name'),"
	    "  ('vms', 'vm', '', '$.name'),"
	    "  ('pools', 'vm', '%', '$.name'),"
	    "  ('pool_members', 'vm', '', '$.vm_name'))"
	    "SELECT revision, time, table_name, old, new,"
	    " json_object('revision', revision, 'time', time,"
	    "  'table', table_name, 'old', json(old), 'new', json(new)) "
	    "FROM history WHERE revision > ?1 AND time >= ?2"
	    " AND (?3 IS NULL AND ?4 IS NULL"
	    "  OR EXISTS (SELECT 1 FROM sides JOIN names"
	    "   ON names.side = sides.side"
	    "   WHERE sides.table_name = history.table_name AND names.name IN"
	    "    (prefix || json_extract(old, key),"
	    "    prefix || json_extract(new, key)))"
	    "  OR table_name = 'grants'"
	    "  AND (?3 IS NULL OR EXISTS (SELECT 1 FROM"
	    "   (SELECT name FROM names WHERE side = 'user'"
	    "   UNION ALL VALUES ('*')) WHERE name IN"
	    "   (json_extract(old, '$.who'), json_extract(new, '$.who'))))"
	    "  AND (?4 IS NULL OR EXISTS (SELECT 1 FROM"
	    "   (SELECT name FROM names WHERE side = 'vm'"
	    "   UNION ALL VALUES ('*')) WHERE name IN"
	    "   (json_extract(old, '$.vm'), json_extract(new, '$.vm'))))) "
	    "ORDER BY revision"),
	[HISTORY_SELECT_COLUMNS] =
	    ("SELECT key,"
	    " (SELECT value FROM json_each(?1) AS o WHERE o.key = e.key),"
	    " (SELECT value FROM json_each(?2) AS n WHERE n.key = e.key) "
	    "FROM json_each(coalesce(?2, ?1)) AS e"),
};

/* One call of policy_history(). */
struct history {
	struct database database;
	const struct policy_history_filter *filter;
	history_change_cb *callback;
	void *context;
};

/* Copies, as the next row takes the text away.  NULL stays NULL. */
static int
history_copy_text(char **copy_r, sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	*copy_r = text != NULL ? strdup((const char *)text) : NULL;
	return text != NULL && *copy_r == NULL ? ERROR_MEMORY : ERROR_NONE;
}

static int
history_add_column(struct policy_change *change, sqlite3_stmt *row)
{
	struct policy_column *column = &change->columns[change->count++];
	int rc = history_copy_text(&column->name, row, 0);

	if (rc == ERROR_NONE)
		rc = history_copy_text(&column->old, row, 1);
	if (rc == ERROR_NONE)
		rc = history_copy_text(&column->new, row, 2);
	return rc;
}

static void
history_free_columns(struct policy_change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		free(change->columns[i].name);
		free(change->columns[i].old);
		free(change->columns[i].new);
	}
}

/* The names of the columns come from the JSON, not from a list here: rows of an
 * earlier schema version have other columns. */
static int
history_read_columns(struct database *database, sqlite3_stmt *row,
    struct policy_change *change)
{
	sqlite3_stmt *columns = database->statements[HISTORY_SELECT_COLUMNS];
	int rc;

	sqlite3_bind_value(columns, 1, sqlite3_column_value(row, 3));
	sqlite3_bind_value(columns, 2, sqlite3_column_value(row, 4));
	while ((rc = database_step(database, columns)) == SQLITE_ROW) {
		/* No table of the schema has as many, but the history takes
		 * rows that somebody inserts by hand. */
		if (change->count == POLICY_COLUMNS_MAX)
			rc = database_fail(database, ERROR_IO,
			    "a row of the history has too many columns");
		else if (history_add_column(change, columns) != ERROR_NONE)
			rc = database_fail(database, ERROR_MEMORY, NULL);
		if (rc < 0)
			break;
	}
	sqlite3_reset(columns);
	return rc < 0 ? rc : ERROR_NONE;
}

/* row is one of HISTORY_SELECT_CHANGES. */
static int
history_report_change(struct history *history, sqlite3_stmt *row)
{
	bool old = sqlite3_column_type(row, 3) != SQLITE_NULL;
	bool new = sqlite3_column_type(row, 4) != SQLITE_NULL;
	struct policy_change change = {
		.revision = sqlite3_column_int64(row, 0),
		.time = (const char *)sqlite3_column_text(row, 1),
		.table = (const char *)sqlite3_column_text(row, 2),
		.json = (const char *)sqlite3_column_text(row, 5),
		.kind = !old ? POLICY_ROW_ADDED : new ? POLICY_ROW_CHANGED :
		    POLICY_ROW_REMOVED,
	};
	int rc = history_read_columns(&history->database, row, &change);

	if (rc == ERROR_NONE)
		history->callback(history->context, &change);
	history_free_columns(&change);
	return rc;
}

/* A name that the policy never had is an error, so that a typo does not look
 * like a user without changes.  Names that were deleted or changed are in the
 * history. */
static int
history_check_names(struct history *history)
{
	struct database *database = &history->database;
	sqlite3_stmt *statement = database->statements[HISTORY_SELECT_KNOWN];
	int rc;

	sqlite3_bind_text(statement, 1, history->filter->user, -1,
	    SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, history->filter->vm, -1,
	    SQLITE_STATIC);
	rc = database_step(database, statement);
	if (rc < 0)
		return rc;
	if (sqlite3_column_int(statement, 0) == 0)
		return database_fail(database, ERROR_NOUSER,
		    history->filter->user);
	if (sqlite3_column_int(statement, 1) == 0)
		return database_fail(database, ERROR_NOVM,
		    history->filter->vm);
	return ERROR_NONE;
}

/* SQLite's date functions accept more than a date: "now", a number of days, or
 * 2026-02-30, which becomes March 2.  So the text has to be the beginning of
 * what SQLite formats from it, in one of three lengths. */
static int
history_check_time(struct database *database, const char *since)
{
	sqlite3_stmt *statement = database->statements[HISTORY_SELECT_TIME];
	size_t length = strlen(since);
	const char *formatted;
	int rc;

	sqlite3_bind_text(statement, 1, since, -1, SQLITE_STATIC);
	rc = database_step(database, statement);
	if (rc < 0)
		return rc;
	formatted = (const char *)sqlite3_column_text(statement, 0);
	if (formatted != NULL && strncmp(formatted, since, length) == 0 &&
	    (length == strlen("2026-12-31") ||
	    length == strlen("2026-12-31 18:00") ||
	    length == strlen("2026-12-31 18:00:00")))
		return ERROR_NONE;
	return database_fail(database, ERROR_VALUE, since);
}

static int
history_bind_since(struct database *database, const char *since)
{
	sqlite3_stmt *changes = database->statements[HISTORY_SELECT_CHANGES];
	bool number = since != NULL && since[0] != '\0' &&
	    since[strspn(since, "0123456789")] == '\0';
	char *end;

	/* strtoll() makes the largest number of one that is too large, and
	 * no revision comes after that. */
	sqlite3_bind_int64(changes, 1, number ? strtoll(since, &end, 10) : 0);
	sqlite3_bind_text(changes, 2, number || since == NULL ? "" : since, -1,
	    SQLITE_STATIC);
	return number || since == NULL ? ERROR_NONE :
	    history_check_time(database, since);
}

static int
history_report_changes(struct history *history)
{
	struct database *database = &history->database;
	sqlite3_stmt *changes = database->statements[HISTORY_SELECT_CHANGES];
	int rc = history_bind_since(database, history->filter->since);

	if (rc == ERROR_NONE)
		rc = history_check_names(history);
	if (rc != ERROR_NONE)
		return rc;
	sqlite3_bind_text(changes, 3, history->filter->user, -1,
	    SQLITE_STATIC);
	sqlite3_bind_text(changes, 4, history->filter->vm, -1, SQLITE_STATIC);
	while ((rc = database_step(database, changes)) == SQLITE_ROW) {
		rc = history_report_change(history, changes);
		if (rc != ERROR_NONE)
			return rc;
	}
	return rc < 0 ? rc : ERROR_NONE;
}

int
policy_history(const char *path, const struct policy_history_filter *filter,
    history_change_cb *callback, void *context, char detail[ERROR_DETAIL_MAX])
{
	struct history history = {
		.filter = filter, .callback = callback, .context = context,
	};
	int rc;

	strcpy(detail, error_text(ERROR_MEMORY));
	rc = database_init(&history.database, path, false, statement_sql,
	    HISTORY_STATEMENT_COUNT);
	if (rc != ERROR_NONE)
		return rc;
	rc = database_begin(&history.database);
	if (rc == ERROR_NONE) {
		/* A login's time limit is too short for a long history. */
		database_extend_deadline(&history.database);
		rc = database_end(&history.database,
		    history_report_changes(&history));
	}
	memcpy(detail, history.database.detail, ERROR_DETAIL_MAX);
	database_clear(&history.database);
	return rc;
}
