/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/listing.h"

#include "policy-admin/transaction.h"

enum statement {
	LISTING_SELECT_KNOWN,
	LISTING_SELECT_PAIRS,
	LISTING_NEAREST_USER,
	LISTING_NEAREST_VM,
	LISTING_STATEMENT_COUNT
};

/* LISTING_SELECT_PAIRS expands a grant's user and VM side once each and joins
 * them then, instead of expanding the VMs again for each user.  Denies are left
 * out: without an allow nobody gets in. */
static const char *const statement_sql[LISTING_STATEMENT_COUNT] = {
	[LISTING_SELECT_KNOWN] =
	    ("SELECT ?1 IS NULL OR EXISTS (SELECT 1 FROM users"
	    "  WHERE name = ?1), ?2 IS NULL OR EXISTS (SELECT 1 FROM vms"
	    "  WHERE name = ?2)"),
	[LISTING_SELECT_PAIRS] =
	    ("WITH allows AS MATERIALIZED (SELECT id FROM grants"
	    " WHERE effect = 'allow'),"
	    " who AS MATERIALIZED (SELECT grant_id, user FROM grant_users"
	    " WHERE grant_id IN allows AND user IN (SELECT name FROM users)"
	    " AND (?1 IS NULL OR user = ?1)),"
	    " what AS MATERIALIZED (SELECT grant_id, vm FROM grant_vms"
	    " WHERE grant_id IN allows AND vm IN (SELECT name FROM vms)"
	    " AND (?2 IS NULL OR vm = ?2))"
	    " SELECT DISTINCT user, vm FROM who JOIN what USING (grant_id)"
	    " ORDER BY user, vm"),
	[LISTING_NEAREST_USER] =
	    ("SELECT name FROM users WHERE lower(name) = lower(?1)"
	    " OR lower(substr(name, 1, instr(name, '@'))) ="
	    " lower(substr(?1, 1, instr(?1, '@')))"
	    " ORDER BY lower(name) <> lower(?1), name LIMIT 1"),
	[LISTING_NEAREST_VM] =
	    ("SELECT name FROM vms WHERE lower(name) = lower(?1)"
	    " ORDER BY name LIMIT 1"),
};

/* One call of listing_read(). */
struct listing {
	struct database database;
	const char *user, *vm;
	GPtrArray *pairs;
};

static int
listing_read_pairs_cb(void *context)
{
	struct listing *listing = context;
	struct database *database = &listing->database;
	sqlite3_stmt *pairs = database->statements[LISTING_SELECT_PAIRS];
	int rc = transaction_check_names(database,
	    database->statements[LISTING_SELECT_KNOWN], listing->user,
	    listing->vm);

	if (rc != ERROR_NONE)
		return rc;
	sqlite3_bind_text(pairs, 1, listing->user, -1, SQLITE_STATIC);
	sqlite3_bind_text(pairs, 2, listing->vm, -1, SQLITE_STATIC);
	return transaction_read_rows(database, pairs, listing->pairs);
}

int
listing_read(const char *path, const char *user, const char *vm,
    GPtrArray *pairs, char detail[ERROR_DETAIL_MAX])
{
	struct listing listing = { .user = user, .vm = vm, .pairs = pairs };
	int rc = database_init(&listing.database, path, false, statement_sql,
	    LISTING_STATEMENT_COUNT);

	return transaction_run(&listing.database, rc, listing_read_pairs_cb,
	    &listing, detail);
}

/* Without an error message: a failure means no hint. */
char *
listing_nearest(const char *path, enum listing_kind kind, const char *name)
{
	struct database database;
	sqlite3_stmt *statement;
	char *nearest = NULL;

	if (database_init(&database, path, false, statement_sql,
	    LISTING_STATEMENT_COUNT) != ERROR_NONE)
		return NULL;
	if (database_begin(&database) == ERROR_NONE) {
		statement = database.statements[kind == LISTING_USER ?
		    LISTING_NEAREST_USER : LISTING_NEAREST_VM];
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
		if (database_step(&database, statement) == SQLITE_ROW)
			nearest = g_strdup((const char *)
			    sqlite3_column_text(statement, 0));
	}
	database_clear(&database);
	return nearest;
}
