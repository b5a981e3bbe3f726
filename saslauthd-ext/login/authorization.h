/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Authorizes a login at the VM of the process that asks: the policy's decision,
 * and all that follows from it, which is the ticket, the session, the audit
 * record, the counters of wrong passwords and the log line. */

#ifndef VMAUTHZD_LOGIN_AUTHORIZATION_H
#define VMAUTHZD_LOGIN_AUTHORIZATION_H

#include "saslauthd-ext/login/attempt_table.h"
#include "saslauthd-ext/login/daemon.h"

/* A login whose texts have been checked.  The caller owns what it points at.
 * It points into itself, so it must not be copied. */
struct login {
	const struct asker *asker;
	struct identity user;
	struct request_login what;	/* its user and VM included */
};

/* Checks and bounds the texts that came from outside: the user's name (NULL:
 * none; a name without a realm gets the default one) and the client's numeric
 * address.  The user is set here, and so is the VM, from the asker alone; only
 * its port is what the process says.  All that what points at must outlive
 * *login_r.  Returns 0, ERROR_NAME or ERROR_VALUE. */
int login_parse(struct login *login_r, const struct config *config,
    const struct asker *asker, const char *user,
    const struct request_login *what);

/* What the policy says about a login, before any proof of the user. */
struct authorization {
	struct decision decision;
	char detail[ERROR_DETAIL_MAX];	/* why the policy can't be read; "" */
};

/* Evaluates the policy at the current time.  Writes nothing anywhere. */
void authorization_evaluate(struct daemon *daemon, const struct login *login,
    struct authorization *authorization_r);

/* Whether the right password would be enough, as far as is known: the policy
 * allows the login, or may allow it once the local account is known. */
bool authorization_grantable(const struct authorization *authorization);

/* Whether a wrong password counts as a failure in throttle.h.  It does if the
 * right one would let the user in, and also if the user is unknown or has no
 * grant, for a guess at names is a guess.  It doesn't if another condition, the
 * hour for instance, refuses the login whatever the password is. */
bool authorization_counts_failure(const struct authorization *authorization);

struct outcome {
	bool allowed;
	bool wants_local_user;	/* undecided: a grant needs the local account;
				 * call again with it */
	uint64_t session;	/* 0: none */
	int64_t revision;	/* of the policy; 0: none */
};

/* Decides the login, after its authentication, and writes what follows from the
 * decision.  The record is in the audit database before this returns, unless
 * attempt->recorded says that it was before.  If it can't be written, an
 * allowed login is refused, unless audit_full = go-on. */
void authorize(struct daemon *daemon, const struct login *login,
    const struct attempt_result *attempt, struct outcome *outcome_r);

/* Logs the refusal of a request that was not understood, or that the process
 * may not make: the asker is all that is known.  Nothing was decided, so this
 * writes no audit record. */
void authorization_refuse(struct daemon *daemon, const struct asker *asker,
    const char *reason);

#endif
