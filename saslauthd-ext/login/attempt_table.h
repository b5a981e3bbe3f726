/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The login attempts of one connection of the broker's socket that wait for
 * their decision.  Each has a number.  VERIFIER and RESULT carry it to QEMU's
 * plugin, and DECIDE returns it.
 *
 * Numbers count up from a random one, for each connection.  Counting gives no
 * number twice, which random numbers could.  The random start makes sure that a
 * number of an earlier connection, from before a restart for instance, matches
 * no attempt of this one by chance.  A guessed number is of no use: it is valid
 * on its own connection alone. */

#ifndef VMAUTHZD_LOGIN_ATTEMPT_TABLE_H
#define VMAUTHZD_LOGIN_ATTEMPT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/request.h"
#include "saslauthd-ext/pam/pam_message.h"

enum {
	ATTEMPT_TABLE_MAX = 128,	/* open at once on a connection */
	ATTEMPT_SECONDS = 60,		/* from the attempt to its decision */
	ATTEMPT_MECHANISM_MAX = 31,	/* octets */
};

/* The result of the authentication, as far as vmauthzd knows it. */
struct attempt_result {
	bool proved;		/* the mechanism succeeded */
	const char *refusal;	/* why the login is refused whatever the policy
				 * says, or why it is not proved; NULL: no
				 * reason yet.  Constant text in a table. */
	bool counted;		/* throttle.h has counted the failure */
	bool recorded;		/* the failure is in audit and log already */
	int64_t ticket;		/* that was used; 0: none */
	int64_t revision;	/* of the policy, if it is recorded */
};

struct attempt_slot {
	uint64_t number;	/* 0: free */
	int64_t begun;		/* clock_boot_seconds() */
	char user[IDENTITY_MAX + 1];
	char client[PAM_ADDRESS_MAX + 1];
	char mechanism[ATTEMPT_MECHANISM_MAX + 1];
	struct attempt_result attempt;
};

/* A table of zeros is empty. */
struct attempt_table {
	uint64_t first, last;	/* numbers in use so far; 0: none yet */
	struct attempt_slot slots[ATTEMPT_TABLE_MAX];
};

/* Stores the result of the login's authentication.  now is the time in seconds
 * of clock_boot_seconds().  If the table is full, the oldest attempt is
 * dropped: its decision will be a refusal.  Returns the attempt's number, or 0
 * if OpenSSL has no random number. */
uint64_t attempt_table_open(struct attempt_table *table,
    const struct request_login *login, const struct attempt_result *attempt,
    int64_t now);

/* Finds the attempt with this number, for the decision about the login.
 * Returns NULL with *attempt_r set, or the reason of a refusal with *attempt_r
 * cleared: the attempt was never begun, is over, or has another user, client or
 * mechanism.  An attempt that doesn't match is closed, so that a number is
 * tried with one login only. */
const char *attempt_table_find(struct attempt_table *table, uint64_t number,
    const struct request_login *login, int64_t now,
    struct attempt_result *attempt_r);

/* Closes a decided attempt.  Does nothing if it is closed. */
void attempt_table_close(struct attempt_table *table, uint64_t number);

#endif
