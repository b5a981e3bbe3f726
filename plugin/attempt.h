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
	bool canonical;		/* user is set, by canon_user */
	struct identity user;	/* claimed; proved once the mechanism ends with
				 * success */
	char default_realm[IDENTITY_MAX + 1];	/* of a name without one */
	const char *mismatch;	/* the reason of a failure, see struct
				 * authority_verifier; NULL: the mechanism's */
	struct authority_failure failure; /* of the query for the verifier or
				 * the password */
	uint64_t number;	/* of the authority's, for its decision; 0 */
	uint64_t session;	/* to be ended with the connection, or 0 */
	/* The mechanism's parameters, see plugin/checkpass.h.  They live as
	 * long as the attempt, since the mechanism may keep pointers. */
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
 * of a mechanism, with the connection as their only context.  attempt_enter()
 * records the attempt whose step begins on this thread (NULL: none).  It
 * returns the one before, for attempt_enter() when the step ends. */
struct attempt *attempt_enter(struct attempt *attempt);

/* The attempt whose mechanism is in a step on this thread, if it belongs to
 * the connection (attempt_current(): to that of the parameters); NULL: the
 * mechanism that runs is not decorated. */
struct attempt *attempt_stepping(const sasl_conn_t *connection);
struct attempt *attempt_current(const sasl_server_params_t *params);

#endif
