/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Lists the users and VMs of a policy, for commands that may take a second.  A
 * pair in the list is not allowed by that; policy_decide() has to be called
 * about it. */

#ifndef VMAUTHZ_POLICY_ADMIN_LISTING_H
#define VMAUTHZ_POLICY_ADMIN_LISTING_H

#include <glib.h>

#include "base/error.h"

/* Adds each pair of a user and a VM that an allow names to pairs, once, sorted
 * by user, then by VM: lists of the two names and NULL.  user and vm restrict
 * them to theirs, unless NULL.  Returns 0; ERROR_NOUSER or ERROR_NOVM if the
 * policy has no such row, or another error, with one sentence in detail. */
int listing_read(const char *path, const char *user, const char *vm,
    GPtrArray *pairs, char detail[ERROR_DETAIL_MAX]);

enum listing_kind {
	LISTING_USER = 0,
	LISTING_VM,
};

/* Finds the user or VM that name may have been meant for: one whose name
 * differs in upper and lower case only, or a user of that name in another
 * realm.  Returns it, to be freed with g_free(), or NULL if there is none or
 * the policy can't be read. */
char *listing_nearest(const char *path, enum listing_kind kind,
    const char *name);

#endif
