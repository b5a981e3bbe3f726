/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Writes the users' credentials for `vmauthz passwd` and saslpasswd2(8).  All
 * other rows are typed with sqlite3(1). */

#ifndef VMAUTHZ_POLICY_ADMIN_CREDENTIALS_H
#define VMAUTHZ_POLICY_ADMIN_CREDENTIALS_H

#include "policy/policy.h"

struct credentials;

struct credential {
	const char *mechanism;		/* "SCRAM-SHA-256" */
	struct verifier verifier;	/* for this mechanism */
};

/* Opens an existing policy for writing.  Returns 0 or an error; *admin_r is
 * set after an error, too, for credentials_detail(), but is NULL if memory ran
 * out.  Closed with credentials_close(), which accepts NULL and leaves
 * NULL. */
int credentials_open(struct credentials **admin_r, const char *path);
void credentials_close(struct credentials **admin);

/* Replaces all credentials of user by the count given ones, 0 to delete them,
 * in one transaction.  Returns 0, ERROR_NOUSER if the policy has no such user
 * (a password never creates one), or an error of the database. */
int credentials_set(struct credentials *admin,
    const struct identity *user, const struct credential *credentials,
    size_t count);

/* The error of the last failed call, as policy_detail(). */
const char *credentials_detail(const struct credentials *admin);

#endif
