/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Who and what is in a policy, for programs that may take a second: no
 * decision is made of it, but it says about whom to ask for one. */

#ifndef VMAUTHZ_POLICY_ADMIN_LISTING_H
#define VMAUTHZ_POLICY_ADMIN_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

enum { LISTING_WAIT_MS = 60000 };	/* longest that a call may take */

struct listing_pair {
	char *user, *vm;
};

struct listing {
	size_t count;
	struct listing_pair *pairs;	/* sorted by user, then by VM */
	char detail[POLICY_DETAIL_MAX];	/* as policy_detail() */
};

/* Reads every user and VM that an allow is about, each pair once; user and
 * vm narrow that down unless they are NULL.  ERROR_NOUSER or ERROR_NOVM
 * if they are not in the policy at all.  Freed with listing_clear(), also
 * after a failure. */
int listing_read(struct listing *listing_r, const char *path,
    const char *user, const char *vm);
void listing_clear(struct listing *listing);

enum listing_kind {
	LISTING_USER = 0,
	LISTING_VM,
};

/* Finds a user, or a VM, whose name differs from the given one in upper and
 * lower case only, or a user of that name in another realm.  False, and "",
 * if there is none or the policy can't be read. */
bool listing_nearest(const char *path, enum listing_kind kind,
    const char *name, char nearest_r[IDENTITY_MAX + 1]);

#endif
