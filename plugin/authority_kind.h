/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What an authority is made of; see plugin/authority.h for what each call has
 * to do.  What is returned is cleared before.  Only check_password and end may
 * be left out. */

#ifndef VMAUTHZ_PLUGIN_AUTHORITY_KIND_H
#define VMAUTHZ_PLUGIN_AUTHORITY_KIND_H

#include "plugin/authority.h"

struct authority_kind {
	void (*free)(struct authority *authority);
	int (*lookup)(struct authority *authority,
	    const struct request_login *login,
	    struct authority_verifier *verifier_r,
	    struct authority_failure *failure_r);
	int (*check_password)(struct authority *authority,
	    const struct request_login *login, const char *password,
	    struct authority_password *password_r,
	    struct authority_failure *failure_r);
	void (*decide)(struct authority *authority,
	    const struct request_login *login,
	    const struct authority_proof *proof, time_t now,
	    struct authority_decision *decision_r);
	void (*end)(struct authority *authority, uint64_t session);
	bool lookup_decides;
	const char *no_store;
};

/* The first member of every kind's own struct. */
struct authority {
	const struct authority_kind *kind;
};

/* The policy in the database at path. */
int authority_policy_new(struct authority **authority_r, const char *path);

/* The daemon behind the socket at path, which is asked for a password for
 * timeout_ms at most, and for everything else for at most a quarter of a
 * second.  Returns 0, ERROR_VALUE (path) or ERROR_MEMORY. */
int authority_broker_new(struct authority **authority_r, const char *path,
    int timeout_ms);

#endif
