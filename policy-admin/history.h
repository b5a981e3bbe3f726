/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy's history: what changed when, and the way back.  Each call opens
 * the policy for itself; one that fails leaves a sentence in detail. */

#ifndef VMAUTHZ_POLICY_ADMIN_HISTORY_H
#define VMAUTHZ_POLICY_ADMIN_HISTORY_H

#include "policy/policy.h"

enum { POLICY_COLUMNS_MAX = 20 };	/* of one table */

enum policy_change_kind {
	POLICY_ROW_ADDED,
	POLICY_ROW_CHANGED,
	POLICY_ROW_REMOVED,
};

/* A column before and after; NULL: it was NULL, or there was no row. */
struct policy_column {
	char *name;
	char *old, *new;
};

/* One row of the history.  The columns are in the table's order, so the row's
 * name comes first. */
struct policy_change {
	int64_t revision;
	const char *time;		/* "2026-12-31 18:00:05", UTC */
	const char *table;
	const char *json;		/* all of it, one JSON object */
	enum policy_change_kind kind;
	size_t count;
	struct policy_column columns[POLICY_COLUMNS_MAX];
};

/* Told once for each change, the oldest first; what the pointers point at
 * lasts as long as the call.  The policy is being read meanwhile, which keeps
 * writers from it: told must not wait for anybody. */
typedef void history_change_cb(void *context,
    const struct policy_change *change);

struct policy_history_filter {
	const char *user;	/* what concerns him; NULL: everybody */
	const char *vm;		/* what concerns it; NULL: all of them */
	const char *since;	/* the changes after a revision ("17"), or from
				 * a time on ("2026-12-31", "2026-12-31 18:00",
				 * with seconds, UTC); NULL: all of them */
};

/* Tells of the changes that the filter leaves.  A user is concerned by what
 * names him, a group that he ever was in, his realm or everybody, and a VM
 * likewise.  ERROR_VALUE if since is neither, ERROR_NOUSER and
 * ERROR_NOVM if the policy never had such a user or VM. */
int policy_history(const char *path,
    const struct policy_history_filter *filter, history_change_cb *told,
    void *context, char detail[POLICY_DETAIL_MAX]);

/* How a user stands after an undo whose password was changed since. */
typedef void undo_password_cb(void *context, const char *user,
    bool has_one);

struct policy_undo {
	int64_t revision;	/* the last one that stays */
	int64_t latest;		/* the policy's, when it was looked at */
	int64_t count;		/* how many changes lie between */
	undo_password_cb *told;	/* NULL: nobody is */
	void *context;
};

/* Looks whether everything after undo->revision can be taken back, by doing
 * it and rolling that back; sets latest and count.  ERROR_REVISION with the
 * reason in detail if it can't be. */
int policy_undo_try(const char *path, struct policy_undo *undo,
    char detail[POLICY_DETAIL_MAX]);

/* Takes it back, all of it or nothing; ERROR_REVISION also if the policy
 * has changed since undo->latest.  What is done becomes part of the history,
 * so that undoing to undo->latest takes it back.
 * Passwords are not in the history: who is there all the time keeps his, who
 * comes back has none. */
int policy_undo_apply(const char *path, struct policy_undo *undo,
    char detail[POLICY_DETAIL_MAX]);

#endif
