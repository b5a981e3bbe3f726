/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy database as the administrator's commands write it.  Rows other
 * than credentials are typed with sqlite3. */

#ifndef VMAUTHZ_POLICY_ADMIN_H
#define VMAUTHZ_POLICY_ADMIN_H

#include "policy/policy.h"

struct policy_admin;

/* A verifier and the mechanism that it is for. */
struct policy_credential {
	const char *mechanism;		/* "SCRAM-SHA-256" */
	struct policy_verifier verifier;
};

/* Creates a new policy database at path (mode 0640, schema loaded); a file
 * that is there already is never touched: POLICY_E_EXISTS. */
int policy_create(const char *path);

/* Opens an existing policy for writing.  On failure *admin_r still gets a
 * handle, for policy_admin_detail(), unless memory ran out.  Close with
 * policy_admin_close(), which accepts NULL and leaves NULL. */
int policy_admin_open(struct policy_admin **admin_r, const char *path);
void policy_admin_close(struct policy_admin **admin);

/* Replaces all of user's credentials by the count given ones (0: he has none
 * then), in one transaction.  POLICY_E_NOUSER if the policy has no such user:
 * none is created by setting a password. */
int policy_admin_set_credentials(struct policy_admin *admin,
    const struct identity *user, const struct policy_credential *credentials,
    size_t count);

/* What the last failed call ran into, as policy_detail(). */
const char *policy_admin_detail(const struct policy_admin *admin);

/* The text of policy.sql, which this build joined from schema/policy/. */
extern const char policy_schema_sql[];

#endif
