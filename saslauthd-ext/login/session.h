/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The sessions that are open: all channels of one user from one address on one
 * VM (the process of it).  They outlive the worker. */

#ifndef VMAUTHZD_LOGIN_SESSION_H
#define VMAUTHZD_LOGIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/peer.h"
#include "saslauthd-ext/store/state.h"

struct session {
	uint64_t id;		/* random, never 0, below 2^63 */
	const char *user, *vm, *service, *client;
	const char *mechanism;
	int64_t grant;
	int64_t begin;		/* Unix milliseconds */
	pid_t pid;		/* of the VM's process */
	uint64_t start;		/* see peer.h */
	unsigned int channels;
};

/* One more channel.  session names user, vm, service, client, mechanism, grant,
 * pid, start and begin (now); *id_r is the session it belongs to, *new_r
 * whether it is the first channel of it.  Returns 0 or an error with
 * state->detail. */
int session_channel(struct state *state, const struct session *session,
    uint64_t *id_r, bool *new_r);

/* Told of a session that ended.  Text lasts as long as the call. */
typedef void session_end_cb(void *context, const struct session *session);

/* A channel of a session is closed, as the process pid/start says, which must
 * be the session's own (else nothing happens).  told hears if it was the last. */
int session_channel_end(struct state *state, uint64_t id,
    const struct peer *peer, session_end_cb *callback, void *context);

/* Ends every session whose process is gone (alive says which is not). */
typedef bool session_alive_cb(void *context, pid_t pid, uint64_t start);
int session_expire(struct state *state, session_alive_cb *alive,
    session_end_cb *callback, void *context);

#endif
