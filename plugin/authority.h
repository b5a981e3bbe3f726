/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The authority decides about logins: the policy database, read by this
 * process, or the daemon vmauthzd (vmauthz_broker).  The rest of the plugin
 * uses this interface alone, and doesn't depend on the kind.  User and
 * mechanism of a login are always set.  Any thread may call. */

#ifndef VMAUTHZ_PLUGIN_AUTHORITY_H
#define VMAUTHZ_PLUGIN_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "policy/policy.h"
#include "decide/request.h"

/* Why the authority could not be reached or read. */
struct authority_failure {
	const char *reason;		/* static; NULL: no failure */
	char detail[ERROR_DETAIL_MAX];	/* added to the reason, or "" */
};

/* A verifier, or a decoy.  mismatch is the reason that is logged if the login
 * then fails: static text, or NULL for the mechanism's own. */
struct authority_verifier {
	struct verifier verifier;
	const char *mismatch;
	uint64_t attempt;	/* for the proof; 0: not needed */
};

/* Whether a password is the user's. */
struct authority_password {
	bool right;
	uint64_t attempt;	/* for the proof; 0: not needed */
};

/* The result of the mechanism, for the throttle and the audit. */
struct authority_proof {
	uint64_t attempt;	/* of the verifier or password before; 0: there
				 * was none */
	bool proved;		/* the mechanism authenticated the user */
	const char *refusal;	/* the plugin's own reason to refuse; NULL:
				 * none */
};

struct authority_decision {
	struct decision policy;
	const char *reason;		/* static, never NULL */
	char detail[ERROR_DETAIL_MAX];	/* added to the reason, or "" */
	bool logged;			/* the authority has logged it */
	uint64_t session;		/* for authority_end(), or 0 */
};

struct authority;

/* The functions of one kind of authority, for the calls of the same names
 * below, which clear the results first.  Only check_password and end may be
 * NULL. */
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

/* Frees what authority_policy_new() or authority_broker_new() made; accepts
 * NULL and leaves NULL. */
void authority_free(struct authority **authority);

/* The verifier of the login's user for its mechanism, or a decoy in the same
 * time, so that the time does not reveal which users exist.  Returns 0, or an
 * error with *verifier_r cleared and *failure_r set.  The caller wipes
 * *verifier_r. */
int authority_lookup(struct authority *authority,
    const struct request_login *login,
    struct authority_verifier *verifier_r,
    struct authority_failure *failure_r);

/* Whether a look-up and a password check need all facts that a decision needs,
 * but for the local account. */
bool authority_lookup_decides(const struct authority *authority);

/* Whether this authority checks passwords itself. */
bool authority_checks_passwords(const struct authority *authority);

/* Checks the password of the login's user.  Returns 0, or an error with
 * *failure_r set; password_r->right is then false. */
int authority_check_password(struct authority *authority,
    const struct request_login *login, const char *password,
    struct authority_password *password_r,
    struct authority_failure *failure_r);

/* Decides whether the login is allowed at the time now.  *decision_r is always
 * set: VERDICT_UNKNOWN, with the reason, if the authority can't decide. */
void authority_decide(struct authority *authority,
    const struct request_login *login, const struct authority_proof *proof,
    time_t now, struct authority_decision *decision_r);

/* Reports that a connection whose decision had a session (not 0) is closed.
 * Never waits, not even for a call of another thread: SASL calls it when QEMU
 * closes the channel, on the main loop. */
void authority_end(struct authority *authority, uint64_t session);

/* Why saslpasswd2(8) can't store passwords here, one sentence; NULL: it stores
 * them in the policy that the options name. */
const char *authority_no_store(const struct authority *authority);

#endif
