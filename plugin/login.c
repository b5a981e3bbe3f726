/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/login.h"

#include "plugin/attempt.h"
#include "plugin/checkpass.h"
#include "plugin/report.h"
#include "plugin/verdict.h"

int
login_new(void *glob_context, sasl_server_params_t *params,
    const char *challenge, unsigned int challenge_length, void **context)
{
	const struct decorated *decorated = glob_context;
	const sasl_server_plug_t *stock = decorated->stock;
	const char *refusal = verdict_before(decorated->plugin, params);
	struct attempt *attempt;
	int rc;

	/* The stock mechanism is not started, so it looks nobody up. */
	*context = NULL;
	if (refusal != NULL) {
		report_refusal(decorated->plugin, params, stock->mech_name,
		    refusal);
		return SASL_NOAUTHZ;
	}
	attempt = attempt_new(decorated, params);
	if (attempt == NULL)
		return SASL_NOMEM;
	rc = stock->mech_new(stock->glob_context, params, challenge,
	    challenge_length, &attempt->stock_context);
	if (rc != SASL_OK) {
		attempt_free(attempt, params->utils);
		return rc;
	}
	*context = attempt;
	return SASL_OK;
}

/* A stock mechanism may make its context here already; libsasl2 then doesn't
 * call its mech_new, so the attempt is made here.  A refusal is not reported,
 * since libsasl2 calls this also to list the mechanisms. */
int
login_avail(void *glob_context, sasl_server_params_t *params, void **context)
{
	const struct decorated *decorated = glob_context;
	const sasl_server_plug_t *stock = decorated->stock;
	struct attempt *known = *context, *attempt;
	void *stock_context = known != NULL ? known->stock_context : NULL;
	int rc = stock->mech_avail(stock->glob_context, params, &stock_context);

	if (rc != SASL_OK || stock_context == NULL)
		return rc;
	if (known != NULL) {
		known->stock_context = stock_context;
		return rc;
	}
	attempt = verdict_before(decorated->plugin, params) == NULL ?
	    attempt_new(decorated, params) : NULL;
	if (attempt == NULL) {
		if (stock->mech_dispose != NULL)
			stock->mech_dispose(stock_context, params->utils);
		return SASL_NOMECH;
	}
	attempt->stock_context = stock_context;
	*context = attempt;
	return rc;
}

int
login_step(void *context, sasl_server_params_t *params, const char *client_in,
    unsigned int client_in_length, const char **server_out,
    unsigned int *server_out_length, sasl_out_params_t *out)
{
	struct attempt *attempt = context, *outer;
	int rc;

	if (attempt == NULL)
		return SASL_BADPROT;
	/* A step within a step would be another attempt's; the outer one is
	 * restored. */
	outer = attempt_enter(attempt);
	rc = attempt->decorated->stock->mech_step(attempt->stock_context,
	    checkpass_params(attempt, params), client_in, client_in_length,
	    server_out, server_out_length, out);
	attempt_enter(outer);
	if (rc == SASL_CONTINUE || rc == SASL_INTERACT)
		return rc;
	if (verdict_reach(attempt, params, out, rc) && rc == SASL_OK)
		return SASL_OK;
	/* A refused client gets no last message: SCRAM's would prove that the
	 * password was right. */
	*server_out = NULL;
	*server_out_length = 0;
	out->doneflag = 0;
	return rc == SASL_OK ? SASL_NOAUTHZ : rc;
}

void
login_dispose(void *context, const sasl_utils_t *utils)
{
	attempt_free(context, utils);
}
