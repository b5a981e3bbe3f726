/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Is that his password?  Asked of whom the configuration names for the realm,
 * or of a ticket. */

#ifndef VMAUTHZD_LOGIN_PASSWORD_CHECK_H
#define VMAUTHZD_LOGIN_PASSWORD_CHECK_H

#include "saslauthd-ext/login/authorization.h"

struct password_answer {
	bool right;		/* and the policy might let him in */
	const char *reason;	/* why not; constant text */
	bool counted;		/* the failure has been counted */
	int64_t ticket;		/* the password is this ticket's; 0: none */
};

/* Told exactly once, possibly before password_check() returns.  answer is NULL
 * if there will never be one, for the worker ends: context is to be wiped and
 * freed, and the connection is gone already. */
typedef void password_check_cb(void *context,
    const struct password_answer *answer);

/* Copies what it needs, and wipes it when it is done. */
void password_check(struct daemon *daemon, const struct login *login,
    const char *password, password_check_cb *callback, void *context);

/* Wipes what is still under way, and tells everybody that there is no answer;
 * services, pool and threads are gone. */
void password_check_cancel_all(struct daemon *daemon);

#endif
