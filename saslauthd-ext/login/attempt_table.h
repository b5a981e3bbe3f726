/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Attempts to log in that a connection of the broker's socket has begun, and
 * that wait for their decision.  Each has a number, which goes to the process
 * that asks, with the verifier or the result of the password check, and comes
 * back with the question for the decision.
 *
 * Numbers count up from a random one, for each connection.  None is given
 * twice, as a random one could be, and one of an earlier connection, of before
 * a restart for instance, meets no attempt of this one by chance.  Somebody
 * who guesses one gains nothing: it is good on its connection alone. */

#ifndef VMAUTHZD_LOGIN_ATTEMPT_TABLE_H
#define VMAUTHZD_LOGIN_ATTEMPT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/request.h"
#include "saslauthd-ext/pam/pam_message.h"

enum {
	ATTEMPT_TABLE_MAX = 128,		/* open at once on a connection */
	ATTEMPT_SECONDS = 60,		/* a decision may come so much later */
	ATTEMPT_MECHANISM_MAX = 31,	/* octets */
};

/* How the authentication went. */
struct attempt {
	bool proved;
	const char *refusal;	/* refused in any case, and why; or why it is
				 * not proved; NULL: nothing known */
	bool counted;		/* the failure has been, as a guess */
	bool recorded;		/* the failure has been told to everybody */
	int64_t ticket;		/* that was used; 0: none */
	int64_t revision;	/* of the policy, if it is recorded */
};

struct attempt_slot {
	uint64_t number;	/* 0: free */
	int64_t begun;		/* clock_boot_seconds() */
	char user[IDENTITY_MAX + 1];
	char client[PAM_ADDRESS_MAX + 1];
	char mechanism[ATTEMPT_MECHANISM_MAX + 1];
	struct attempt attempt;
};

/* Cleared, it is empty. */
struct attempt_table {
	uint64_t first, last;	/* numbers that were given; 0: none yet */
	struct attempt_slot slots[ATTEMPT_TABLE_MAX];
};

/* Keeps what the login's authentication came to, at now, which is
 * clock_boot_seconds().  If the table is full, the oldest attempt lapses.
 * Returns the attempt's number, or 0 if there is no random number to begin
 * with. */
uint64_t attempt_open(struct attempt_table *table,
    const struct request_login *login, const struct attempt *attempt,
    int64_t now);

/* Finds the attempt that a decision about the login is asked for with number.
 * Returns NULL with *attempt_r set, or why there is none: it was never begun,
 * is over, or is another user's, client's or mechanism's (and is closed). */
const char *attempt_find(struct attempt_table *table, uint64_t number,
    const struct request_login *login, int64_t now, struct attempt *attempt_r);

/* Closes an attempt, if it is open: it is decided. */
void attempt_close(struct attempt_table *table, uint64_t number);

#endif
