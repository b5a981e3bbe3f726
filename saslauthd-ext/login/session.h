/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The open sessions, in the table sessions of state.db.  A session is all
 * channels of one service that one user has open from one address on one
 * process of a VM.  Sessions outlive the worker, which may be restarted while
 * VMs run.  All of these return 0 or an error of base/error.h with
 * state->detail. */

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
	uint64_t start;		/* of that process; see peer.h */
	unsigned int channels;
};

/* Adds a channel to its session, or begins one.  session has all members but id
 * and channels; begin is the current time.  *id_r is the session's id, 0 after
 * an error; *new_r says whether this is its first channel. */
int session_channel(struct state *state, const struct session *session,
    uint64_t *id_r, bool *new_r);

/* Called for a session that ended; it has been deleted already.  Its texts are
 * valid during the call. */
typedef void session_end_cb(void *context, const struct session *session);

/* Removes a channel from a session, when its process says that it is closed.
 * Does nothing if peer is another process than the session's, so that no VM can
 * end the sessions of another.  callback, which may be NULL, is called if that
 * was the last channel. */
int session_channel_end(struct state *state, uint64_t id,
    const struct peer *peer, session_end_cb *callback, void *context);

/* Returns whether the process runs.  start tells it from a later one that got
 * the same pid. */
typedef bool session_alive_cb(void *context, pid_t pid, uint64_t start);

/* Ends every session whose process is gone: a killed QEMU closes no channel. */
int session_expire(struct state *state, session_alive_cb *alive,
    session_end_cb *callback, void *context);

#endif
