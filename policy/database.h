/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The file of the policy database: opened by the first transaction, checked
 * (owner, mode, type, version), and opened again after it was replaced.  Errors
 * are those of base/error.h.  For policy/ and policy-admin/. */

#ifndef VMAUTHZ_POLICY_DATABASE_H
#define VMAUTHZ_POLICY_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

enum {
	DATABASE_WAIT_MS = 80,	/* longest wait for a writer, in a call */
	DATABASE_APPLICATION_ID = 0x766d617a,	/* "vmaz" */
	DATABASE_VERSION = 1,			/* PRAGMA user_version */
};

struct database {
	sqlite3 *handle;		/* NULL: closed */
	char *path;
	bool writable;
	bool any_version;		/* accepts any PRAGMA user_version */
	const char *const *sql;		/* statements prepared at opening */
	sqlite3_stmt **statements;	/* as many, NULL where not prepared */
	size_t count;
	sqlite3_stmt *begin, *commit;
	struct stat seen;		/* of the file, when it was opened */
	bool settled;			/* a later change will show in seen */
	int64_t deadline;		/* of the present call, monotonic ms */
	char detail[ERROR_DETAIL_MAX];
};

/* Copies path, but opens nothing yet; sql has count statements and outlives
 * database.  Returns 0 or ERROR_MEMORY. */
int database_init(struct database *database, const char *path, bool writable,
    const char *const *sql, size_t count);
void database_clear(struct database *database);

/* Begins a transaction (BEGIN IMMEDIATE if writable) on the file that is at
 * the path now; all calls until database_end() share one time limit.
 * Returns 0 or an error with database->detail set; nothing is open then. */
int database_begin(struct database *database);

/* Ends the transaction: commits, or rolls back if rc is an error.  Returns
 * rc, or the commit's error. */
int database_end(struct database *database, int rc);

/* Gives the transaction that was just begun ten minutes, and memory for every
 * page that it changes, so that it locks out readers only while it commits.
 * For the administrator's commands. */
void database_extend_deadline(struct database *database);

/* Prepares a statement for the present transaction; the caller finalizes it
 * before database_end(). */
int database_prepare(struct database *database, const char *sql,
    sqlite3_stmt **statement_r);

/* Runs SQL text that returns no rows. */
int database_exec(struct database *database, const char *sql);

/* Steps a statement: SQLITE_ROW and SQLITE_DONE come back as they are,
 * everything else as an error (negative) with database->detail set. */
int database_step(struct database *database, sqlite3_stmt *statement);

/* Sets database->detail to the path, the error's text and detail (NULL: none);
 * returns error. */
int database_fail(struct database *database, int error, const char *detail);

#endif
