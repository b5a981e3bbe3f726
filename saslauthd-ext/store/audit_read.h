/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The records of the audit, read while vmauthzd may be writing and rotating.
 * No file stays open between two calls: as long as one is, vmauthzd can't
 * begin a new one. */

#ifndef VMAUTHZD_STORE_AUDIT_READ_H
#define VMAUTHZD_STORE_AUDIT_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "saslauthd-ext/store/audit_file.h"

/* NULL: any; a text is itself, or a pattern of SQLite's GLOB. */
struct audit_filter {
	const char *user, *vm;
	int64_t since;	/* Unix milliseconds */
	bool denied;
};

/* Where the last call stopped: a file, whatever its name is now, and the
 * record in it.  All zero: at the beginning. */
struct audit_place {
	dev_t device;
	ino_t inode;
	int64_t id;
	char name[AUDIT_NAME_MAX];
};

/* What row points at lasts as long as the call; its fingerprint has
 * REQUEST_SHA256_SIZE octets, or is NULL. */
typedef void audit_read_cb(void *context, const struct audit_row *row);

/* Tells of the records from place on, AUDIT_READ_MAX at most, and moves place.
 * Returns how many it looked at, 0: there is none yet.  Or an error of
 * base/error.h with detail; place has moved past a file that can't be read. */
enum { AUDIT_READ_MAX = 1000 };
int audit_read(const char *folder, const struct audit_filter *filter,
    struct audit_place *place, audit_read_cb *callback, void *context,
    char detail[AUDIT_DETAIL_MAX]);

#endif
