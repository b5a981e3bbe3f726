/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/listing.h"

#include <stdlib.h>
#include <string.h>

#include "policy/database.h"

enum statement {
	LISTING_SELECT_USER,
	LISTING_SELECT_VM,
	LISTING_SELECT_PAIRS,
	LISTING_NEAREST_USER,
	LISTING_NEAREST_VM,
	LISTING_STATEMENT_COUNT
};

/* LISTING_SELECT_PAIRS expands a grant's user and VM side once each and joins
 * them then, instead of expanding the VMs again for each user.  Denies are left
 * out: without an allow nobody gets in. */
static const char *const statement_sql[LISTING_STATEMENT_COUNT] = {
	[LISTING_SELECT_USER] =
	    "SELECT 1 FROM users WHERE name = ?1",
	[LISTING_SELECT_VM] =
	    "SELECT 1 FROM vms WHERE name = ?1",
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

static int
listing_add_pair(struct listing *listing, sqlite3_stmt *statement)
{
	size_t count = listing->count;
	struct listing_pair *pair;

	/* The room doubles, so the list is full at every power of two. */
	if ((count & (count - 1)) == 0) {
		struct listing_pair *pairs = reallocarray(listing->pairs,
		    count == 0 ? 1 : 2 * count, sizeof(*pairs));

		if (pairs == NULL)
			return ERROR_MEMORY;
		listing->pairs = pairs;
	}
	/* Counted first, so that listing_clear() frees half a pair, too. */
	pair = &listing->pairs[listing->count++];
	pair->user = strdup((const char *)sqlite3_column_text(statement, 0));
	pair->vm = strdup((const char *)sqlite3_column_text(statement, 1));
	return pair->user != NULL && pair->vm != NULL ? ERROR_NONE :
	    ERROR_MEMORY;
}

/* A name without a row is an error, so that a typo does not look like a user
 * without grants. */
static int
listing_check_name(struct database *database, enum statement which,
    const char *name, int error)
{
	sqlite3_stmt *statement = database->statements[which];
	int rc;

	if (name == NULL)
		return ERROR_NONE;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = database_step(database, statement);
	if (rc == SQLITE_DONE)
		return database_fail(database, error, name);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
listing_read_pairs(struct database *database, struct listing *listing,
    const char *user, const char *vm)
{
	sqlite3_stmt *statement = database->statements[LISTING_SELECT_PAIRS];
	int rc = listing_check_name(database, LISTING_SELECT_USER, user,
	    ERROR_NOUSER);

	if (rc == ERROR_NONE)
		rc = listing_check_name(database, LISTING_SELECT_VM, vm,
		    ERROR_NOVM);
	if (rc != ERROR_NONE)
		return rc;
	sqlite3_bind_text(statement, 1, user, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, vm, -1, SQLITE_STATIC);
	while (rc == ERROR_NONE &&
	    (rc = database_step(database, statement)) == SQLITE_ROW)
		rc = listing_add_pair(listing, statement);
	if (rc == ERROR_MEMORY)
		return database_fail(database, rc, NULL);
	return rc < 0 ? rc : ERROR_NONE;
}

int
listing_read(struct listing *listing_r, const char *path, const char *user,
    const char *vm)
{
	struct database database;
	int rc;

	memset(listing_r, 0, sizeof(*listing_r));
	rc = database_init(&database, path, false, statement_sql,
	    LISTING_STATEMENT_COUNT);
	if (rc != ERROR_NONE) {
		strcpy(listing_r->detail, error_text(rc));
		return rc;
	}
	rc = database_begin(&database);
	if (rc == ERROR_NONE) {
		/* The limit of a login is too short for a million grants. */
		database.deadline += LISTING_WAIT_MS;
		rc = database_end(&database,
		    listing_read_pairs(&database, listing_r, user, vm));
	}
	strcpy(listing_r->detail, database.detail);
	database_clear(&database);
	return rc;
}

void
listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->pairs[i].user);
		free(listing->pairs[i].vm);
	}
	free(listing->pairs);
	memset(listing, 0, sizeof(*listing));
}

/* The name is a hint for a person: one that is too long is left out, as is any
 * error. */
static int
listing_read_nearest(struct database *database, enum statement which,
    const char *name, char nearest[IDENTITY_MAX + 1])
{
	sqlite3_stmt *statement = database->statements[which];
	const char *found;
	int rc;

	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = database_step(database, statement);
	if (rc != SQLITE_ROW)
		return rc < 0 ? rc : ERROR_NONE;
	found = (const char *)sqlite3_column_text(statement, 0);
	if (found != NULL && strlen(found) <= IDENTITY_MAX)
		strcpy(nearest, found);
	return ERROR_NONE;
}

/* Without an error message: a failure means no hint. */
bool
listing_nearest(const char *path, enum listing_kind kind, const char *name,
    char nearest_r[IDENTITY_MAX + 1])
{
	struct database database;

	nearest_r[0] = '\0';
	if (database_init(&database, path, false, statement_sql,
	    LISTING_STATEMENT_COUNT) != ERROR_NONE)
		return false;
	if (database_begin(&database) == ERROR_NONE)
		database_end(&database, listing_read_nearest(&database,
		    kind == LISTING_USER ? LISTING_NEAREST_USER :
		    LISTING_NEAREST_VM, name, nearest_r));
	database_clear(&database);
	return nearest_r[0] != '\0';
}
