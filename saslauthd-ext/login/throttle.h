/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Counts wrong passwords over all VMs, by user and address together and by
 * address alone, and refuses attempts for a time that doubles with each further
 * one.  The counters are the tables guesses and acquaintances of state.db. */

#ifndef VMAUTHZD_LOGIN_THROTTLE_H
#define VMAUTHZD_LOGIN_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "saslauthd-ext/store/state.h"

/* Who fails, and when.  An unknown address (NULL, or "") is one address of its
 * own, counted with the user only: saslauthd's protocol has no address, so all
 * logins over the mux would share its count. */
struct throttle_key {
	const char *user;	/* name@realm */
	const char *client;
	int64_t now;		/* Unix seconds */
};

/* Whether an attempt is refused without a look at the password: the failures
 * have reached guess_limit or guess_address_limit, and the back-off is not
 * over.  It is one second, doubled with each failure past the limit, and at
 * most guess_forget.
 *
 * A user is known at an address from which they have logged in during the last
 * THROTTLE_KNOWN_DAYS.  There the count of the address doesn't matter, and the
 * back-off is at most THROTTLE_KNOWN_BACKOFF seconds, so that failures of
 * others can't lock a known user out.  A state.db that can't be read refuses
 * nobody. */
enum { THROTTLE_KNOWN_DAYS = 30, THROTTLE_KNOWN_BACKOFF = 10 };
extern const char throttle_locked_reason[];
bool throttle_locked(struct state *state, const struct config *config,
    const struct throttle_key *guess);

/* Counts a failed attempt, or a successful one.  A success clears the failures
 * of the user at that address, and makes the user known there.  It doesn't
 * clear those of the address: with an account of their own an attacker could
 * reset them after each guess.  Each returns 0 or an error with
 * state->detail. */
int throttle_failed(struct state *state, const struct config *config,
    const struct throttle_key *guess);
int throttle_succeeded(struct state *state, const struct config *config,
    const struct throttle_key *guess);

/* Deletes counters older than guess_forget, and the oldest ones if there are
 * too many.  The counters are right without it: it bounds the size of the
 * tables, so call it at intervals. */
int throttle_expire(struct state *state, const struct config *config,
    int64_t now);

#endif
