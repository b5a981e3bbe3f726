/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads the records of the audit, while vmauthzd may be writing and rotating.
 * No file stays open between two calls: while one is, vmauthzd can't rotate. */

#ifndef VMAUTHZD_STORE_AUDIT_READ_H
#define VMAUTHZD_STORE_AUDIT_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "saslauthd-ext/store/audit_file.h"

/* Which records the callback gets.  NULL: any; a text is a name, or a pattern
 * of SQLite's GLOB. */
struct audit_filter {
	const char *user, *vm;
	int64_t since;	/* Unix milliseconds */
	bool denied;	/* refused decisions alone */
};

/* Where the last call stopped: a file, known by its inode, for a rotation
 * changes its name, and the record in it.  All zero: the beginning. */
struct audit_place {
	dev_t device;
	ino_t inode;
	int64_t id;		/* INT64_MAX: nothing more of this file */
	char name[AUDIT_NAME_MAX];	/* when it was read */
};

/* Called for each record.  What row points at is valid during the call; its
 * fingerprint has REQUEST_SHA256_SIZE octets, or is NULL. */
typedef void audit_read_cb(void *context, const struct audit_row *row);

/* Reads the records after place, at most AUDIT_READ_MAX, and advances place.
 * Returns how many of them the filter let through; 0: there are no more yet.
 * Or an error of base/error.h with detail; place has advanced past the file
 * then, unless it was only locked. */
enum { AUDIT_READ_MAX = 1000 };
int audit_read(const char *folder, const struct audit_filter *filter,
    struct audit_place *place, audit_read_cb *callback, void *context,
    char detail[AUDIT_DETAIL_MAX]);

#endif
