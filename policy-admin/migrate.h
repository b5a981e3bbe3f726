/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Migrates a policy to a later schema version, with the SQL files of a folder:
 * 0002-some-name.sql makes version 2 out of version 1, and so on.  Their format
 * is in schema/migrations/README. */

#ifndef VMAUTHZ_POLICY_ADMIN_MIGRATE_H
#define VMAUTHZ_POLICY_ADMIN_MIGRATE_H

#include <glib.h>
#include <stdbool.h>

#include "base/error.h"

struct policy_migration {
	const char *folder;
	bool newest;		/* to the version of the folder's last file, not
				 * to the one that this build reads */
	int from, to;		/* out: the policy's version before and after */
	GString *files;		/* the name of each file that was run is added,
				 * indented, on a line of its own */
	char *backup;		/* out: path of the copy, NULL if there was
				 * nothing to do; freed with g_free() */
};

/* Copies the policy to a file next to it and runs the files in one transaction.
 * After an error the policy is as before and the copy is removed.  Returns 0,
 * also if there is nothing to do; ERROR_MIGRATION if the files don't lead to
 * the target or one of them is refused; or an error of the database.  After an
 * error detail has one sentence. */
int policy_migrate(const char *path, struct policy_migration *migration,
    char detail[ERROR_DETAIL_MAX]);

#endif
