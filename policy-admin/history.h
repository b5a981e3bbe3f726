/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy's history: reports the changes and undoes them.  Each call opens
 * the policy for itself and returns 0, or an error with one sentence in
 * detail. */

#ifndef VMAUTHZ_POLICY_ADMIN_HISTORY_H
#define VMAUTHZ_POLICY_ADMIN_HISTORY_H

#include "policy/policy.h"

enum { POLICY_COLUMNS_MAX = 20 };	/* in one table */

enum policy_change_kind {
	POLICY_ROW_ADDED,
	POLICY_ROW_CHANGED,
	POLICY_ROW_REMOVED,
};

/* A column before and after a change; NULL: NULL in SQL, or no row. */
struct policy_column {
	char *name;
	char *old, *new;
};

/* One row of the history.  The columns are in the table's order, so the key
 * comes first. */
struct policy_change {
	int64_t revision;
	const char *time;		/* "2026-12-31 18:00:05", UTC */
	const char *table;
	const char *json;		/* the change as one JSON object */
	enum policy_change_kind kind;
	size_t count;
	struct policy_column columns[POLICY_COLUMNS_MAX];
};

/* Called once for each change, the oldest first.  The pointers are valid until
 * the callback returns.  The policy's read lock is held, so the callback must
 * not wait for a terminal, a pipe or a person: writers would wait as long, and
 * the logins behind them. */
typedef void history_change_cb(void *context,
    const struct policy_change *change);

struct policy_history_filter {
	const char *user;	/* changes about this user; NULL: all */
	const char *vm;		/* changes about this VM; NULL: all */
	const char *since;	/* changes after a revision ("17"), or from a
				 * time on ("2026-12-31", "2026-12-31 18:00",
				 * with seconds, UTC); NULL: all */
};

/* Reports the changes that match the filter.  A change is about a user if its
 * row names the user, an earlier name of theirs, a group that they ever were
 * in, their realm or "*"; about a VM likewise.  ERROR_VALUE if since is neither
 * a revision nor a time, ERROR_NOUSER and ERROR_NOVM if the policy never had
 * such a user or VM. */
int policy_history(const char *path,
    const struct policy_history_filter *filter, history_change_cb *callback,
    void *context, char detail[ERROR_DETAIL_MAX]);

/* Called for each user whose password was changed since the revision.  has_one
 * is true if they have a password after the undo. */
typedef void undo_password_cb(void *context, const char *user,
    bool has_one);

struct policy_undo {
	int64_t revision;	/* the last revision that stays */
	int64_t latest;		/* out: the policy's latest revision */
	int64_t count;		/* out: revisions after the one that stays */
	undo_password_cb *password_cb;	/* NULL: no reports */
	void *context;
};

/* Checks whether the changes after undo->revision can be undone: undoes them
 * and rolls the transaction back.  Sets latest and count, and reports the
 * passwords.  ERROR_REVISION, with the reason in detail, if they can't be. */
int policy_undo_try(const char *path, struct policy_undo *undo,
    char detail[ERROR_DETAIL_MAX]);

/* Undoes all changes after undo->revision, or none.  ERROR_REVISION also if the
 * policy has changed since undo->latest, which policy_undo_try() has set.  The
 * undo becomes part of the history: one to undo->latest reverses it.
 * The history holds no passwords.  A user who was in the policy all the time
 * keeps the password, also under another name; one who is restored has none
 * until `vmauthz passwd` sets it. */
int policy_undo_apply(const char *path, struct policy_undo *undo,
    char detail[ERROR_DETAIL_MAX]);

#endif
