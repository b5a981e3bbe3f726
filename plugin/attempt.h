/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* One attempt to log in: what the plugin remembers from the first step of a
 * mechanism to the end of its connection. */

#ifndef VMAUTHZ_PLUGIN_ATTEMPT_H
#define VMAUTHZ_PLUGIN_ATTEMPT_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>

#include "decide/identity.h"
#include "plugin/authority.h"
#include "plugin/mechanisms.h"

struct attempt {
	const struct decorated *decorated;
	void *stock_context;
	const sasl_conn_t *connection;
	bool canonical;		/* user is set: canon_user has seen them */
	struct identity user;	/* claimed; proved once the mechanism says so */
	char default_realm[IDENTITY_MAX + 1];	/* of a name without one */
	const char *mismatch;	/* what a failure is put down to, see struct
				 * authority_verifier; NULL: nothing special */
	struct authority_failure failure; /* why the authority wasn't asked */
	uint64_t number;	/* of the authority's, for its decision; 0 */
	uint64_t session;	/* to be ended with the connection, or 0 */
	/* what the mechanism is given, see plugin/checkpass.h; as long as it
	 * lives, for it may keep pointers into them */
	sasl_server_params_t params;
	sasl_utils_t utils;
};

/* An attempt by a decorated mechanism; NULL if memory ran out. */
struct attempt *attempt_new(const struct decorated *decorated,
    const sasl_server_params_t *params);

/* Frees the stock mechanism's context and ends the session, if any; accepts
 * NULL, which libsasl2 passes after a failure. */
void attempt_free(struct attempt *attempt, const sasl_utils_t *utils);

/* libsasl2 calls canon_user, auxprop and a password check from within a step
 * of a mechanism, and tells them the connection only.  attempt_enter() says
 * whose step begins on this thread (NULL: none) and returns whose step it
 * interrupts, for attempt_enter() when the step ends. */
struct attempt *attempt_enter(struct attempt *attempt);

/* The attempt whose mechanism is taking a step on this thread, if it is the
 * given connection's; NULL: a mechanism runs that is not decorated. */
struct attempt *attempt_stepping(const sasl_conn_t *connection);
struct attempt *attempt_current(const sasl_server_params_t *params);

#endif
