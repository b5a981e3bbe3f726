/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/history.h"

#include <stdlib.h>
#include <string.h>

#include "policy-admin/transaction.h"

enum statement {
	HISTORY_SELECT_KNOWN,
	HISTORY_SELECT_TIME,
	HISTORY_SELECT_CHANGES,
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
	    "SELECT json_object('revision', revision, 'time', time,"
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
};

/* One call of policy_history(). */
struct history {
	struct database database;
	const struct policy_history_filter *filter;
	GPtrArray *changes;
};

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
history_read_changes_cb(void *context)
{
	struct history *history = context;
	struct database *database = &history->database;
	sqlite3_stmt *changes = database->statements[HISTORY_SELECT_CHANGES];
	int rc = history_bind_since(database, history->filter->since);

	/* Names that were deleted or changed are in the history. */
	if (rc == ERROR_NONE)
		rc = transaction_check_names(database,
		    database->statements[HISTORY_SELECT_KNOWN],
		    history->filter->user, history->filter->vm);
	if (rc != ERROR_NONE)
		return rc;
	sqlite3_bind_text(changes, 3, history->filter->user, -1,
	    SQLITE_STATIC);
	sqlite3_bind_text(changes, 4, history->filter->vm, -1, SQLITE_STATIC);
	return transaction_read_rows(database, changes, history->changes);
}

int
policy_history(const char *path, const struct policy_history_filter *filter,
    GPtrArray *changes, char detail[ERROR_DETAIL_MAX])
{
	struct history history = { .filter = filter, .changes = changes };
	int rc = database_init(&history.database, path, false, statement_sql,
	    HISTORY_STATEMENT_COUNT);

	return transaction_run(&history.database, rc, history_read_changes_cb,
	    &history, detail);
}
