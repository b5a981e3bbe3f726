/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* One-time passwords for one VM. */

#ifndef VMAUTHZD_LOGIN_TICKET_H
#define VMAUTHZD_LOGIN_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/message.h"
#include "saslauthd-ext/store/state.h"

/* A login that a ticket may be for. */
struct ticket_use {
	const char *user, *vm;
	const char *client;	/* NULL: unknown, which no "from" lets in */
	int64_t now;		/* Unix seconds */
};

/* Stores a ticket; one that was waiting for the same user and VM lapses.
 * *id_r is never 0.  Returns 0 or an error with state->detail. */
int ticket_issue(struct state *state, const struct broker_message *message,
    const char *by, int64_t now, int64_t *id_r);

/* The verifier of the ticket that this login may use: one that waits, or one
 * whose first use was from the same address at most window seconds ago.
 * *id_r is 0, and the verifier cleared, if there is none. */
int ticket_find(struct state *state, const struct ticket_use *use,
    const char *mechanism, unsigned int window, int64_t *id_r,
    struct verifier *verifier_r);

/* A login with the ticket succeeded.  *first_r: it waited until now; its
 * window begins.  ERROR_REFUSED: somebody else was faster. */
int ticket_used(struct state *state, int64_t id, const struct ticket_use *use,
    unsigned int window, bool *first_r);

/* Told of each ticket that lapsed unused since the last call. */
typedef void ticket_lapsed_cb(void *context, int64_t id, const char *user,
    const char *vm, const char *by);
int ticket_expire(struct state *state, int64_t now, ticket_lapsed_cb *callback,
    void *context);

#endif
