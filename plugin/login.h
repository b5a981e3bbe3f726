/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* One login: the steps of a stock mechanism, and the decision after them. */

#ifndef VMAUTHZ_PLUGIN_LOGIN_H
#define VMAUTHZ_PLUGIN_LOGIN_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>

#include "plugin/authority.h"
#include "plugin/mechanisms.h"
#include "decide/identity.h"

struct login {
	const struct decorated *decorated;
	void *stock_context;
	const sasl_conn_t *connection;
	bool canonical;		/* user is set: canon_user has seen him */
	struct identity user;	/* claimed; proved once the mechanism says so */
	char default_realm[IDENTITY_MAX + 1];	/* of a name without one */
	const char *mismatch;	/* what a failure is put down to, see struct
				 * authority_verifier; NULL: nothing special */
	struct authority_failure failure; /* why the authority wasn't asked */
	uint64_t session;	/* to be ended with the connection, or 0 */
	/* what the mechanism is given, see plugin/checkpass.h; as long as it
	 * lives, for it may keep pointers into them */
	sasl_server_params_t params;
	sasl_utils_t utils;
};

/* The functions of a decorated mechanism, as saslplug.h describes them. */
int login_avail(void *glob_context, sasl_server_params_t *params,
    void **context);
int login_new(void *glob_context, sasl_server_params_t *params,
    const char *challenge, unsigned int challenge_length, void **context);
int login_step(void *context, sasl_server_params_t *params,
    const char *client_in, unsigned int client_in_length,
    const char **server_out, unsigned int *server_out_length,
    sasl_out_params_t *out);
void login_dispose(void *context, const sasl_utils_t *utils);

/* The login whose mechanism is taking a step on this thread right now, if it
 * is the given connection's; NULL says that a mechanism runs which we have
 * not decorated. */
struct login *login_current(const sasl_server_params_t *params);

/* The same for who is told the connection only. */
struct login *login_stepping(const sasl_conn_t *connection);

#endif
