/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Brings a policy forward to a later schema version, by the files of a folder:
 * 0002-some-name.sql makes version 2 out of version 1, and so on.  See
 * schema/migrations/README. */

#ifndef VMAUTHZ_POLICY_ADMIN_MIGRATE_H
#define VMAUTHZ_POLICY_ADMIN_MIGRATE_H

#include <limits.h>

#include "policy/policy.h"

enum { POLICY_NEWEST = -1 };

struct policy_migration {
	const char *folder;
	int target;		/* the version wanted; POLICY_NEWEST: that of
				 * the folder's last file */
	int from, to;		/* set: the policy's version before and after */
	char backup[PATH_MAX];	/* set: where it was copied to, "" if there
				 * was nothing to do */
};

/* The version that this build reads. */
int policy_version(void);

/* Told the name of each file that was run, before it is known whether all of
 * them are kept. */
typedef void migrate_cb(void *context, const char *name);

/* Makes a copy next to the policy and runs the files in one transaction: all
 * of them are kept or none, and the copy goes again if none is.  Returns 0,
 * also if there is nothing to do; ERROR_MIGRATION if the files don't lead
 * to the target, or an error of SQLite or the system, with detail set. */
int policy_migrate(const char *path, struct policy_migration *migration,
    migrate_cb *told, void *context,
    char detail[POLICY_DETAIL_MAX]);

#endif
