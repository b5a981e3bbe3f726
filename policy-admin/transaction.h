/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A transaction of one of the administrator's commands, which opens the policy
 * for itself and may take its time.  Private to policy-admin/. */

#ifndef VMAUTHZ_POLICY_ADMIN_TRANSACTION_H
#define VMAUTHZ_POLICY_ADMIN_TRANSACTION_H

#include <glib.h>

#include "policy/database.h"

enum { TRANSACTION_ROLL_BACK = 1 };	/* no error, and nothing changed */

/* Does the work of a transaction.  Returns 0, an error that database_fail() has
 * noted, or TRANSACTION_ROLL_BACK. */
typedef int transaction_cb(void *context);

/* Opens the policy, calls work_cb in one transaction, and closes and clears
 * database; rc is what database_init() returned about it.  Returns 0, or an
 * error with one sentence in detail. */
int transaction_run(struct database *database, int rc,
    transaction_cb *work_cb, void *context, char detail[ERROR_DETAIL_MAX]);

/* Checks that the policy has the names, so that a typo does not look like a
 * user without rows.  The statement returns for its first and its second
 * parameter whether it is known; one that is NULL has to be.  Returns 0,
 * ERROR_NOUSER, ERROR_NOVM or an error of the database. */
int transaction_check_names(struct database *database,
    sqlite3_stmt *statement, const char *user, const char *vm);

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
