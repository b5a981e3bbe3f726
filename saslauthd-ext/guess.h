/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Wrong passwords, counted by user and address together and by address alone,
 * over all VMs. */

#ifndef VMAUTHZD_GUESS_H
#define VMAUTHZD_GUESS_H

#include <stdbool.h>
#include <stdint.h>

#include "saslauthd-ext/state.h"

/* An unknown address (NULL, or "") counts as one address of its own, with the
 * user only: what comes over mux names none. */
struct guess_try {
	const char *user;	/* name@realm */
	const char *client;
	int64_t now;		/* Unix seconds */
};

/* Whether a try is to be refused unseen: the limits are passed and the back-off
 * (doubling from a second, never longer than guess_forget) is not over.
 * A user is known at an address that he has got in from within 30 days: there
 * the address's count doesn't concern him, and his own back-off stays below
 * GUESS_KNOWN_BACKOFF seconds, so that nobody elsewhere can lock him out.
 * A state.db that can't be read refuses nobody. */
enum { GUESS_KNOWN_DAYS = 30, GUESS_KNOWN_BACKOFF = 10 };
extern const char guess_locked_reason[];
bool guess_locked(struct state *state, const struct config *config,
    const struct guess_try *guess);

/* A try failed, or succeeded (which forgets the pair's failures, not the
 * address's, and makes him known there). */
int guess_failed(struct state *state, const struct config *config,
    const struct guess_try *guess);
int guess_succeeded(struct state *state, const struct config *config,
    const struct guess_try *guess);

/* Drops what has been forgotten; to be called now and then. */
int guess_expire(struct state *state, const struct config *config, int64_t now);

#endif
