/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A transaction of one of the administrator's commands, which opens the policy
 * for itself and may take its time.  Private to policy-admin/. */

#ifndef VMAUTHZ_POLICY_ADMIN_TRANSACTION_H
#define VMAUTHZ_POLICY_ADMIN_TRANSACTION_H

#include <glib.h>

#include "policy/database.h"

/* Does the work of a transaction.  Returns 0, or an error that
 * database_fail() has noted. */
typedef int transaction_cb(void *context);

struct transaction {
	const char *path;
	bool writable;
	bool any_version;		/* see struct database */
	bool trial;			/* rolled back also without an error */
	const char *const *sql;		/* see database_init() */
	size_t count;
	transaction_cb *work_cb;
	void *context;
};

/* Opens the policy in database, calls work_cb in one transaction and closes the
 * policy.  Returns 0, or an error with one sentence in detail. */
int transaction_run(struct database *database,
    const struct transaction *transaction, char detail[ERROR_DETAIL_MAX]);

/* Adds the rows that the statement returns to rows, each as a list of its
 * columns' texts that ends in NULL; NULL in SQL becomes "".  Returns 0 or an
 * error. */
int transaction_read_rows(struct database *database, sqlite3_stmt *statement,
    GPtrArray *rows);

/* As database_fail(), with the detail as in printf(3). */
__attribute__((format(printf, 3, 4)))
int transaction_fail(struct database *database, int error, const char *format,
    ...);

#endif
