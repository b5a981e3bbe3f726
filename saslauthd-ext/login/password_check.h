/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Checks a password against a ticket for this VM, and then against the source
 * that the configuration names for the user's realm: PAM or the policy's
 * verifiers. */

#ifndef VMAUTHZD_LOGIN_PASSWORD_CHECK_H
#define VMAUTHZD_LOGIN_PASSWORD_CHECK_H

#include "saslauthd-ext/login/authorization.h"

struct password_answer {
	bool right;		/* and the policy may let the user in */
	const char *reason;	/* why not; constant text; NULL: the policy
				 * refuses the login whatever the password */
	bool counted;		/* throttle.h has counted the failure, or is not
				 * to count it */
	int64_t ticket;		/* the password is this ticket's; 0: none */
};

/* Called exactly once, possibly before password_check() returns.  answer is
 * valid during the call.  It is NULL if the worker ends before there is an
 * answer: the callback wipes and frees context then, and the connection is gone
 * already. */
typedef void password_check_cb(void *context,
    const struct password_answer *answer);

/* Starts a check; the password and the texts of the login are copied, and the
 * copies wiped at its end.  A wrong password is counted before the callback is
 * called.  A right one that the policy would refuse anyway is reported as a
 * wrong one. */
void password_check(struct daemon *daemon, const struct login *login,
    const char *password, password_check_cb *callback, void *context);

/* Ends all checks that are in progress and calls their callbacks with NULL.
 * Services, pool and threads have to be freed before, for each of them may call
 * back into a check. */
void password_check_cancel_all(struct daemon *daemon);

#endif
