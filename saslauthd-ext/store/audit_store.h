/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* audit.db as a file: opens it, renames one that is damaged, rotates it,
 * inserts rows.  Private to audit.c. */

#ifndef VMAUTHZD_STORE_AUDIT_STORE_H
#define VMAUTHZD_STORE_AUDIT_STORE_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "saslauthd-ext/store/audit_file.h"
#include "saslauthd-ext/store/audit_keeper.h"

struct audit {
	char state[PATH_MAX];		/* the folder, as configured */
	char folder[PATH_MAX];		/* its path without links */
	sqlite3 *handle;		/* NULL: closed */
	sqlite3_stmt *insert;
	int tried;		/* frames of the WAL at the writer's last
				 * checkpoint */
	int64_t first_id;	/* for the first record; 0: there is one */
	int64_t first_at;	/* its time, Unix milliseconds; 0: none */
	int64_t next_id;
	uint64_t bytes_max;	/* limits; 0: none */
	int64_t age_max;	/* milliseconds */
	unsigned int keep;
	struct audit_keeper *keeper;	/* started before the file is opened */
	char aside[AUDIT_NAME_MAX];	/* the damaged file's new name, until
					 * it is recorded; else "" */
	char detail[STORE_FILE_DETAIL_MAX];
};

/* Opens or makes the file in store->folder; a damaged one is renamed first.
 * Returns 0 or an error of base/error.h with store->detail. */
int audit_store_open(struct audit *store);
void audit_store_close(struct audit *store);

/* Rotates a file that is larger than bytes_max or, at that time, older than
 * age_max.  Does nothing while another process has the file open; a later call
 * succeeds. */
void audit_store_rotate(struct audit *store, int64_t at);

/* Runs store->insert, whose parameters but the id the caller has bound.
 * Returns 0 or an error of base/error.h with store->detail.  With ERROR_NOTADB
 * the file turned out to be damaged, and has been closed and renamed. */
int audit_store_insert(struct audit *store, int64_t at);

#endif
