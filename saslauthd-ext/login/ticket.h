/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Tickets: one-time passwords of a user for one VM, in the tables tickets and
 * ticket_verifiers of state.db.  A ticket waits until its first use or its end.
 * After the first use the channels of that session may use it for a while. */

#ifndef VMAUTHZD_LOGIN_TICKET_H
#define VMAUTHZD_LOGIN_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/message.h"
#include "saslauthd-ext/store/state.h"

/* A login that a ticket may be for. */
struct ticket_use {
	const char *user, *vm;
	const char *client;	/* NULL or "": unknown, in no network */
	int64_t now;		/* Unix seconds */
};

/* Stores the ticket of a BROKER_TICKET message.  A ticket that waits for the
 * same user and VM expires, so that at most one waits.  by is the account that
 * issued it, now are Unix seconds.  Returns 0 with *id_r not 0, or an error
 * with state->detail. */
int ticket_issue(struct state *state, const struct broker_message *message,
    const char *by, int64_t now, int64_t *id_r);

/* Finds the verifier of the ticket that this login may use: one that waits, or
 * one whose first use was from the same address at most window seconds ago.
 * *id_r is 0, and the verifier cleared, if there is none.  Returns 0 or an
 * error with state->detail.  The caller wipes the verifier. */
int ticket_find(struct state *state, const struct ticket_use *use,
    const char *mechanism, unsigned int window, int64_t *id_r,
    struct verifier *verifier_r);

/* Uses a ticket for a login that succeeded with it.  *first_r says whether this
 * is the first use, with which the window begins.  Returns 0, or ERROR_REFUSED
 * if another address has used the ticket since ticket_find() or it has expired,
 * or an error with state->detail. */
int ticket_used(struct state *state, int64_t id, const struct ticket_use *use,
    unsigned int window, bool *first_r);

/* Called for each ticket that expired unused since the last call.  The texts
 * are valid during the call. */
typedef void ticket_lapsed_cb(void *context, int64_t id, const char *user,
    const char *vm, const char *by);

/* Deletes tickets that expired, and those whose use is so long ago that their
 * window is over.  now are Unix seconds. */
int ticket_expire(struct state *state, int64_t now, ticket_lapsed_cb *callback,
    void *context);

#endif
