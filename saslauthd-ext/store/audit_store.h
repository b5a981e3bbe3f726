/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* audit.db as a file: opened, put aside when it is damaged, ended and begun
 * anew.  Private to audit.c. */

#ifndef VMAUTHZD_STORE_AUDIT_STORE_H
#define VMAUTHZD_STORE_AUDIT_STORE_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "saslauthd-ext/store/audit_file.h"
#include "saslauthd-ext/store/audit_keeper.h"
#include "saslauthd-ext/store/store_file.h"

struct audit_store {
	char folder[PATH_MAX];		/* no link in it */
	sqlite3 *handle;		/* NULL: closed, open it again */
	sqlite3_stmt *insert;
	int tried;		/* frames of the WAL, when they were to go
				 * into audit.db last */
	int64_t first_id;	/* of the first record; 0: there is one */
	int64_t first_at;	/* of it, Unix milliseconds; 0: none */
	int64_t next_id;
	uint64_t bytes_max;	/* limits; 0: none */
	int64_t age_max;	/* milliseconds */
	unsigned int keep;
	struct audit_keeper *keeper;	/* started before the file is opened */
	char aside[AUDIT_NAME_MAX];	/* a damaged file's new name; "" */
	char detail[STORE_FILE_DETAIL_MAX];
};

/* Opens the file of store->folder.  All of these return 0 or an error of
 * base/error.h with store->detail. */
int audit_store_open(struct audit_store *store);
void audit_store_close(struct audit_store *store);

/* Ends a file that is too large or, at that time, too old, and begins another.
 * What stands in the way (somebody reads it) may be gone at the next call. */
void audit_store_rotate(struct audit_store *store, int64_t at);

/* Runs store->insert, all but the id of which is bound.  A file that turns out
 * to be damaged is closed and put aside: ERROR_NOTADB. */
int audit_store_insert(struct audit_store *store, int64_t at);

#endif
