/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/gss_realm.h"
#include "plugin/plugin.h"

/* libsasl2's callbacks have no argument in which a pointer to an attempt could
 * be passed.  One variable for each thread is enough, because a mechanism
 * calls them within its step, on the same thread. */
static _Thread_local struct attempt *attempt_of_thread;

struct attempt *
attempt_new(const struct decorated *decorated,
    const sasl_server_params_t *params)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (attempt == NULL)
		return NULL;
	attempt->decorated = decorated;
	attempt->connection = params->utils->conn;
	if (gss_realm_wanted(decorated->stock->mech_name))
		gss_realm_default(decorated->library, attempt->default_realm);
	else
		strcpy(attempt->default_realm,
		    decorated->plugin->options.default_realm);
	return attempt;
}

void
attempt_free(struct attempt *attempt, const sasl_utils_t *utils)
{
	const sasl_server_plug_t *stock;

	if (attempt == NULL)
		return;
	/* The stock mechanism may keep pointers into attempt->params: first. */
	stock = attempt->decorated->stock;
	if (stock->mech_dispose != NULL && attempt->stock_context != NULL)
		stock->mech_dispose(attempt->stock_context, utils);
	if (attempt->session != 0)
		authority_end(attempt->decorated->plugin->authority,
		    attempt->session);
	free(attempt);
}

struct attempt *
attempt_enter(struct attempt *attempt)
{
	struct attempt *outer = attempt_of_thread;

	attempt_of_thread = attempt;
	return outer;
}

/* A step may start another library's login, on another connection, that is
 * not decorated: hence the comparison. */
struct attempt *
attempt_stepping(const sasl_conn_t *connection)
{
	return attempt_of_thread != NULL &&
	    attempt_of_thread->connection ==
	    connection ? attempt_of_thread : NULL;
}

struct attempt *
attempt_current(const sasl_server_params_t *params)
{
	return params->utils != NULL ?
	    attempt_stepping(params->utils->conn) : NULL;
}
