/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy's history: reads the changes and undoes them.  Each call opens
 * the policy for itself and returns 0, or an error with one sentence in
 * detail. */

#ifndef VMAUTHZ_POLICY_ADMIN_HISTORY_H
#define VMAUTHZ_POLICY_ADMIN_HISTORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct policy_history_filter {
	const char *user;	/* changes about this user; NULL: all */
	const char *vm;		/* changes about this VM; NULL: all */
	const char *since;	/* changes after a revision ("17"), or from a
				 * time on ("2026-12-31", "2026-12-31 18:00",
				 * with seconds, UTC); NULL: all */
};

/* Adds the changes that match the filter to changes, the oldest first.  Each
 * is a list of one text and NULL: a JSON object with the revision, the time in
 * UTC, the table, and the row before (old) and after (new), null if there was
 * none; its columns are in the table's order, so the key comes first.
 * A change is about a user if its row names the user, an earlier name of
 * theirs, a group that they ever were in, their realm or "*"; about a VM
 * likewise.
 * ERROR_VALUE if since is neither a revision nor a time, ERROR_NOUSER and
 * ERROR_NOVM if the policy never had such a user or VM. */
int policy_history(const char *path,
    const struct policy_history_filter *filter, GPtrArray *changes,
    char detail[ERROR_DETAIL_MAX]);

struct policy_undo {
	int64_t revision;	/* the last revision that stays */
	int64_t latest;		/* out: the policy's latest revision */
	int64_t count;		/* out: revisions after the one that stays */
	/* A list for the users whose password was changed since the revision,
	 * each as a list of two texts and NULL: the name, and "1" if they have
	 * a password after the undo. */
	GPtrArray *passwords;
};

/* Undoes all changes after undo->revision, or none.  A trial undoes them and
 * rolls the transaction back; it sets latest and count and fills passwords.
 * The undo itself refuses if the policy has changed since undo->latest.  It
 * becomes part of the history: one to undo->latest reverses it.
 * ERROR_REVISION, with the reason in detail, if the changes can't be undone.
 * The history holds no passwords.  A user who was in the policy all the time
 * keeps the password, also under another name; one who is restored has none
 * until `vmauthz passwd` sets it. */
int policy_undo(const char *path, struct policy_undo *undo, bool trial,
    char detail[ERROR_DETAIL_MAX]);

#endif
