/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Who is asked about a login, of which user and mechanism are always set: the
 * policy, in its database, or the daemon vmauthzd (vmauthz_broker).  Whoever
 * asks sees no more of it than this, and doesn't know which it is.  Any thread
 * may ask. */

#ifndef VMAUTHZ_PLUGIN_AUTHORITY_H
#define VMAUTHZ_PLUGIN_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "policy/policy.h"
#include "decide/request.h"

/* Why it could not be asked. */
struct authority_failure {
	const char *reason;		/* static; NULL: it could */
	char detail[ERROR_DETAIL_MAX];	/* added to the reason, or "" */
};

/* A verifier, or a decoy, and what a login that then fails is put down to:
 * static text, or NULL for what the mechanism says. */
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

/* How the mechanism ended, for who counts and audits it. */
struct authority_proof {
	uint64_t attempt;	/* of the verifier or password before; 0: none
				 * was asked for */
	bool proved;		/* the user is who they say they are */
	const char *refusal;	/* they are refused, whatever is decided */
};

struct authority_decision {
	struct decision policy;
	const char *reason;		/* static, never NULL */
	char detail[ERROR_DETAIL_MAX];	/* added to the reason, or "" */
	bool logged;			/* the system's log has its line */
	uint64_t session;		/* for authority_end(), or 0 */
};

struct authority;

/* The calls of one kind of authority, see below for what each has to do; what
 * they return is cleared before.  Only check_password and end may be NULL. */
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

/* Closes what the kind's own function has opened (authority_policy.h,
 * authority_broker.h); accepts NULL and leaves NULL. */
void authority_free(struct authority **authority);

/* The verifier of the login's user for its mechanism, or a decoy, which takes
 * as long.  Returns 0, or an error with *verifier_r cleared and *failure_r
 * set.  The caller wipes *verifier_r. */
int authority_lookup(struct authority *authority,
    const struct request_login *login,
    struct authority_verifier *verifier_r,
    struct authority_failure *failure_r);

/* Whether a look-up, and a password check, wants to know all that a decision
 * does, but for the local account. */
bool authority_lookup_decides(const struct authority *authority);

/* Whether passwords are checked here, and nowhere else. */
bool authority_checks_passwords(const struct authority *authority);

/* Whether it is the password of the login's user.  Returns 0, or an error with
 * *failure_r set; *password_r is not right unless it was found so. */
int authority_check_password(struct authority *authority,
    const struct request_login *login, const char *password,
    struct authority_password *password_r,
    struct authority_failure *failure_r);

/* Whether the login is allowed at that time.  *decision_r is always set:
 * VERDICT_UNKNOWN, with the reason, if that can't be found out. */
void authority_decide(struct authority *authority,
    const struct request_login *login, const struct authority_proof *proof,
    time_t now, struct authority_decision *decision_r);

/* Says that a connection whose decision had a session (not 0) is closed.
 * Never waits, not even for a question of another thread. */
void authority_end(struct authority *authority, uint64_t session);

/* Why saslpasswd2(8) can't store passwords here, one sentence; NULL: it can,
 * in the policy that the options name. */
const char *authority_no_store(const struct authority *authority);

#endif
