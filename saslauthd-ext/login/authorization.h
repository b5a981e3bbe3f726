/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Who gets in: the policy's answer for a login at the VM that asks, and all
 * that follows: counters, tickets, sessions, the record, the log line. */

#ifndef VMAUTHZD_LOGIN_AUTHORIZATION_H
#define VMAUTHZD_LOGIN_AUTHORIZATION_H

#include "saslauthd-ext/login/attempt_table.h"
#include "saslauthd-ext/login/daemon.h"

/* A login whose texts have been checked.  What it points at is the asker's.
 * It points into itself, so it is not to be copied. */
struct login {
	const struct asker *asker;
	struct identity user;
	struct request_login what;	/* its user and VM included */
};

/* Checks and bounds what came from outside: the user's name (with the default
 * realm, if it has none; NULL: none) and the client's address.  Whatever what
 * points at must outlive *login_r; its user and, but for the port, its VM are
 * set here.  Returns 0 or ERROR_NAME, ERROR_VALUE. */
int login_parse(struct login *login_r, const struct config *config,
    const struct asker *asker, const char *user,
    const struct request_login *what);

struct authorization {
	struct decision decision;
	char detail[ERROR_DETAIL_MAX];	/* of a policy that can't be asked */
};

/* Asks the policy, and writes nothing anywhere. */
void authorization_evaluate(struct daemon *daemon, const struct login *login,
    struct authorization *authorization_r);

/* Whether the right password would be enough, as far as is known. */
bool authorization_grantable(const struct authorization *authorization);

/* Whether a wrong password is to be counted: it could have been right, or who
 * types it doesn't know whom this VM is for. */
bool authorization_counts_failure(const struct authorization *authorization);

struct outcome {
	bool allowed;
	bool wants_local_user;	/* nothing was decided: ask again with it */
	uint64_t session;	/* 0: none */
	int64_t revision;	/* of the policy; 0: none */
};

void authorize(struct daemon *daemon, const struct login *login,
    const struct attempt *attempt, struct outcome *outcome_r);

/* Logs the refusal of a question that was not understood, or of a process that
 * may not ask: nothing is known but who asks. */
void authorization_refuse(struct daemon *daemon, const struct asker *asker,
    const char *reason);

#endif
