/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/database.h"

enum statement {
	SELECT_USER,
	DELETE_CREDENTIALS,
	INSERT_CREDENTIAL,
	STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
	[SELECT_USER] =
	    "SELECT 1 FROM users WHERE name = ?1",
	[DELETE_CREDENTIALS] =
	    "DELETE FROM credentials WHERE user_name = ?1",
	[INSERT_CREDENTIAL] =
	    ("INSERT INTO credentials(user_name, mechanism, iterations, salt,"
	    " stored_key, server_key) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
};

struct policy_admin {
	struct database database;
};

static int
load_schema(const char *path)
{
	sqlite3 *handle = NULL;
	int rc = POLICY_OK;

	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK ||
	    sqlite3_exec(handle, policy_schema_sql, NULL, NULL, NULL) !=
	    SQLITE_OK)
		rc = POLICY_E_IO;
	sqlite3_close(handle);
	return rc;
}

int
policy_create(const char *path)
{
	int fd, rc;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	if (fd < 0) {
		switch (errno) {
		case EEXIST:
			return POLICY_E_EXISTS;
		case ENOENT:
		case ENOTDIR:
			return POLICY_E_MISSING;
		case EACCES:
		case EPERM:
		case EROFS:
			return POLICY_E_ACCESS;
		default:
			return POLICY_E_IO;
		}
	}
	rc = fchmod(fd, 0640) == 0 ? POLICY_OK : POLICY_E_IO;
	close(fd);
	if (rc == POLICY_OK)
		rc = load_schema(path);
	if (rc != POLICY_OK)
		unlink(path);
	return rc;
}

int
policy_admin_open(struct policy_admin **admin_r, const char *path)
{
	struct policy_admin *admin = calloc(1, sizeof(*admin));
	int rc;

	*admin_r = NULL;
	if (admin == NULL || database_init(&admin->database, path, true,
	    statement_sql, STATEMENT_COUNT) != POLICY_OK) {
		free(admin);
		return POLICY_E_MEMORY;
	}
	*admin_r = admin;
	rc = database_begin(&admin->database);
	return rc == POLICY_OK ? database_end(&admin->database, rc) : rc;
}

void
policy_admin_close(struct policy_admin **admin)
{
	if (*admin == NULL)
		return;
	database_clear(&(*admin)->database);
	free(*admin);
	*admin = NULL;
}

const char *
policy_admin_detail(const struct policy_admin *admin)
{
	return admin->database.detail;
}

static int
run(struct policy_admin *admin, enum statement which)
{
	sqlite3_stmt *statement = admin->database.statements[which];
	int rc = database_step(&admin->database, statement);

	sqlite3_reset(statement);
	return rc;
}

static int
insert_credential(struct policy_admin *admin, const struct identity *user,
    const struct policy_credential *credential)
{
	const struct policy_verifier *verifier = &credential->verifier;
	sqlite3_stmt *statement =
	    admin->database.statements[INSERT_CREDENTIAL];

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
	return run(admin, INSERT_CREDENTIAL);
}

static int
replace_credentials(struct policy_admin *admin, const struct identity *user,
    const struct policy_credential *credentials, size_t count)
{
	struct database *database = &admin->database;
	int rc;

	sqlite3_bind_text(database->statements[SELECT_USER], 1, user->text, -1,
	    SQLITE_STATIC);
	rc = run(admin, SELECT_USER);
	if (rc == SQLITE_DONE)
		return database_fail(database, POLICY_E_NOUSER, user->text);
	if (rc < 0)
		return rc;
	sqlite3_bind_text(database->statements[DELETE_CREDENTIALS], 1,
	    user->text, -1, SQLITE_STATIC);
	rc = run(admin, DELETE_CREDENTIALS);
	for (size_t i = 0; rc >= 0 && i < count; i++)
		rc = insert_credential(admin, user, &credentials[i]);
	return rc < 0 ? rc : POLICY_OK;
}

int
policy_admin_set_credentials(struct policy_admin *admin,
    const struct identity *user, const struct policy_credential *credentials,
    size_t count)
{
	int rc = database_begin(&admin->database);

	if (rc != POLICY_OK)
		return rc;
	return database_end(&admin->database,
	    replace_credentials(admin, user, credentials, count));
}
