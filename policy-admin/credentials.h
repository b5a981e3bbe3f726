/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The users' credentials, as `vmauthz passwd` and saslpasswd2(8) write them.
 * All other rows are typed with sqlite3. */

#ifndef VMAUTHZ_POLICY_ADMIN_CREDENTIALS_H
#define VMAUTHZ_POLICY_ADMIN_CREDENTIALS_H

#include "policy/policy.h"

struct credentials;

/* A verifier and the mechanism that it is for. */
struct credential {
	const char *mechanism;		/* "SCRAM-SHA-256" */
	struct verifier verifier;
};

/* Opens an existing policy for writing.  On failure *admin_r still gets a
 * handle, for credentials_detail(), unless memory ran out.  Close with
 * credentials_close(), which accepts NULL and leaves NULL. */
int credentials_open(struct credentials **admin_r, const char *path);
void credentials_close(struct credentials **admin);

/* Replaces all of user's credentials by the count given ones (0: they have none
 * then), in one transaction.  ERROR_NOUSER if the policy has no such user:
 * none is created by setting a password. */
int credentials_set(struct credentials *admin,
    const struct identity *user, const struct credential *credentials,
    size_t count);

/* What the last failed call ran into, as policy_detail(). */
const char *credentials_detail(const struct credentials *admin);

#endif
