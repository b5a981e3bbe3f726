/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The names by which a grant can be about one user, or about one VM: its own,
 * those of its groups or pools, the user's realm, everybody.  Private to
 * policy/. */

#ifndef VMAUTHZ_POLICY_NAMES_H
#define VMAUTHZ_POLICY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/database.h"
#include "decide/identity.h"

enum {
	NAMES_MAX = 203,		/* 200 groups or pools, and the rest */
	NAMES_ROOM = 1 + IDENTITY_MAX + 1, /* "%" or "*@" in front of less */
};

struct names {
	size_t count;
	char text[NAMES_MAX][NAMES_ROOM];
	bool wanted[NAMES_MAX];		/* a grant may have it */
};

/* Adds prefix and name as one, unless it is there already.  Returns 0, or
 * ERROR_VALUE, with database->detail set, if there is no room. */
int names_add(struct names *names, struct database *database,
    const char *prefix, const char *name);

/* Adds what a bound statement finds, the names of groups or pools, with a %
 * in front.  Returns 0, or an error with database->detail set. */
int names_add_sets(struct names *names, struct database *database,
    sqlite3_stmt *statement);

#endif
