/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Wrong passwords, counted by user and address together and by address alone,
 * over all VMs. */

#ifndef VMAUTHZD_LOGIN_THROTTLE_H
#define VMAUTHZD_LOGIN_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "saslauthd-ext/store/state.h"

/* An unknown address (NULL, or "") counts as one address of its own, with the
 * user only: what comes over mux names none. */
struct throttle_key {
	const char *user;	/* name@realm */
	const char *client;
	int64_t now;		/* Unix seconds */
};

/* Whether a try is to be refused unseen: the limits are passed and the back-off
 * (doubling from a second, never longer than guess_forget) is not over.
 * A user is known at an address that he has got in from within 30 days: there
 * the address's count doesn't concern him, and his own back-off stays below
 * THROTTLE_KNOWN_BACKOFF seconds, so that nobody elsewhere can lock him out.
 * A state.db that can't be read refuses nobody. */
enum { THROTTLE_KNOWN_DAYS = 30, THROTTLE_KNOWN_BACKOFF = 10 };
extern const char throttle_locked_reason[];
bool throttle_locked(struct state *state, const struct config *config,
    const struct throttle_key *guess);

/* A try failed, or succeeded (which forgets the pair's failures, not the
 * address's, and makes him known there). */
int throttle_failed(struct state *state, const struct config *config,
    const struct throttle_key *guess);
int throttle_succeeded(struct state *state, const struct config *config,
    const struct throttle_key *guess);

/* Drops what has been forgotten; to be called now and then. */
int throttle_expire(struct state *state, const struct config *config, int64_t now);

#endif
