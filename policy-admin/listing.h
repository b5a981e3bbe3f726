/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Lists the users and VMs of a policy, for commands that may take a second.  A
 * pair in the list is not allowed by that; policy_decide() has to be called
 * about it. */

#ifndef VMAUTHZ_POLICY_ADMIN_LISTING_H
#define VMAUTHZ_POLICY_ADMIN_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

enum { LISTING_WAIT_MS = 60000 };	/* time limit of a call, added to
				 * DATABASE_WAIT_MS */

struct listing_pair {
	char *user, *vm;
};

struct listing {
	size_t count;
	struct listing_pair *pairs;	/* sorted by user, then by VM */
	char detail[ERROR_DETAIL_MAX];	/* as policy_detail() */
};

/* Reads each pair of a user and a VM that an allow names, once.  user and vm
 * restrict the list to theirs, unless NULL.  Returns 0, ERROR_NOUSER or
 * ERROR_NOVM if the policy has no such row, or another error; detail is set
 * after an error.  Freed with listing_clear(), also after an error. */
int listing_read(struct listing *listing_r, const char *path,
    const char *user, const char *vm);
void listing_clear(struct listing *listing);

enum listing_kind {
	LISTING_USER = 0,
	LISTING_VM,
};

/* Finds the user or VM that name may have been meant for: one whose name
 * differs in upper and lower case only, or a user of that name in another
 * realm.  Returns false, and "" in nearest_r, if there is none or the policy
 * can't be read. */
bool listing_nearest(const char *path, enum listing_kind kind,
    const char *name, char nearest_r[IDENTITY_MAX + 1]);

#endif
