/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/credentials.h"

#include <stdlib.h>

#include "policy/database.h"

enum statement {
	CREDENTIALS_SELECT_USER,
	CREDENTIALS_DELETE,
	CREDENTIALS_INSERT,
	CREDENTIALS_STATEMENT_COUNT
};

static const char *const statement_sql[CREDENTIALS_STATEMENT_COUNT] = {
	[CREDENTIALS_SELECT_USER] =
	    "SELECT 1 FROM users WHERE name = ?1",
	[CREDENTIALS_DELETE] =
	    "DELETE FROM credentials WHERE user_name = ?1",
	[CREDENTIALS_INSERT] =
	    ("INSERT INTO credentials(user_name, mechanism, iterations, salt,"
	    " stored_key, server_key) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
};

struct credentials {
	struct database database;
};

int
credentials_open(struct credentials **admin_r, const char *path)
{
	struct credentials *admin = calloc(1, sizeof(*admin));
	int rc;

	*admin_r = NULL;
	if (admin == NULL || database_init(&admin->database, path, true,
	    statement_sql, CREDENTIALS_STATEMENT_COUNT) != ERROR_NONE) {
		free(admin);
		return ERROR_MEMORY;
	}
	*admin_r = admin;
	/* An empty transaction, so that a policy that can't be written is
	 * reported before anybody types a password. */
	rc = database_begin(&admin->database);
	return rc == ERROR_NONE ? database_end(&admin->database, rc) : rc;
}

void
credentials_close(struct credentials **admin)
{
	if (*admin == NULL)
		return;
	database_clear(&(*admin)->database);
	free(*admin);
	*admin = NULL;
}

const char *
credentials_detail(const struct credentials *admin)
{
	return admin->database.detail;
}

/* Resets the statement at once: SQLite binds no values to a statement that has
 * been stepped and not reset. */
static int
credentials_step(struct credentials *admin, enum statement which)
{
	sqlite3_stmt *statement = admin->database.statements[which];
	int rc = database_step(&admin->database, statement);

	sqlite3_reset(statement);
	return rc;
}

static int
credentials_insert(struct credentials *admin, const struct identity *user,
    const struct credential *credential)
{
	const struct verifier *verifier = &credential->verifier;
	sqlite3_stmt *statement =
	    admin->database.statements[CREDENTIALS_INSERT];

	sqlite3_bind_text(statement, 1, user->text, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, credential->mechanism, -1,
	    SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, verifier->iterations);
	sqlite3_bind_blob(statement, 4, verifier->salt,
	    (int)verifier->salt_size, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 5, verifier->stored_key,
	    (int)verifier->key_size, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 6, verifier->server_key,
	    (int)verifier->key_size, SQLITE_STATIC);
	return credentials_step(admin, CREDENTIALS_INSERT);
}

/* Deletes the verifiers of all mechanisms: with one that is left the old
 * password would still be right. */
static int
credentials_replace(struct credentials *admin, const struct identity *user,
    const struct credential *credentials, size_t count)
{
	struct database *database = &admin->database;
	int rc;

	/* The schema would refuse the row as well, but as ERROR_REFUSED, and
	 * only if there is a row to insert. */
	sqlite3_bind_text(database->statements[CREDENTIALS_SELECT_USER], 1,
	    user->text, -1, SQLITE_STATIC);
	rc = credentials_step(admin, CREDENTIALS_SELECT_USER);
	if (rc == SQLITE_DONE)
		return database_fail(database, ERROR_NOUSER, user->text);
	if (rc < 0)
		return rc;
	sqlite3_bind_text(database->statements[CREDENTIALS_DELETE], 1,
	    user->text, -1, SQLITE_STATIC);
	rc = credentials_step(admin, CREDENTIALS_DELETE);
	for (size_t i = 0; rc >= 0 && i < count; i++)
		rc = credentials_insert(admin, user, &credentials[i]);
	return rc < 0 ? rc : ERROR_NONE;
}

/* The transaction is one for writing from its begin, so that nobody deletes the
 * user between the look-up and the insert. */
int
credentials_set(struct credentials *admin,
    const struct identity *user, const struct credential *credentials,
    size_t count)
{
	int rc = database_begin(&admin->database);

	if (rc != ERROR_NONE)
		return rc;
	return database_end(&admin->database,
	    credentials_replace(admin, user, credentials, count));
}
