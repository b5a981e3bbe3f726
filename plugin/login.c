/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/login.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin/facts.h"
#include "plugin/gss_realm.h"
#include "plugin/checkpass.h"
#include "plugin/plugin.h"
#include "plugin/report.h"

/* bits of a TLS cipher (or of the mechanism itself) below which a connection
 * counts as open to others: NIST SP 800-131A's least */
enum { SSF_MIN = 112 };

/* canon_user, auxprop and a password check are called from within a mechanism's step and are
 * told the connection only. */
static _Thread_local struct login *stepping;

struct login *
login_stepping(const sasl_conn_t *connection)
{
	return stepping != NULL && stepping->connection == connection ?
	    stepping : NULL;
}

struct login *
login_current(const sasl_server_params_t *params)
{
	return params->utils != NULL ? login_stepping(params->utils->conn) :
	    NULL;
}

/* --- before the first step --------------------------------------------- */

/* What forbids every login here, whoever it may be, and what such a login
 * can't be decided without; NULL: nothing. */
static const char *
hard_obstacle(const struct plugin *plugin, const sasl_server_params_t *params)
{
	if (params->appname == NULL ||
	    strcmp(params->appname, PLUGIN_APPNAME) != 0)
		return "this application is not QEMU";
	return plugin->options.error[0] != '\0' ? plugin->options.error :
	    NULL;
}

/* What the administrator forbids, and may only want to observe. */
static const char *
soft_obstacle(const struct plugin *plugin, const sasl_server_params_t *params)
{
	if (!plugin->vm.usable)
		return "the command line does not tell which VM this is";
	if (plugin->options.require_tls && params->external_ssf < SSF_MIN)
		return "no TLS";
	return NULL;
}

/* What a login is refused for before it begins. */
static const char *
obstacle(const struct plugin *plugin, const sasl_server_params_t *params)
{
	const char *hard = hard_obstacle(plugin, params);

	if (hard != NULL || plugin->options.observe)
		return hard;
	return soft_obstacle(plugin, params);
}

static void
log_obstacle(struct plugin *plugin, const sasl_server_params_t *params,
    const char *mechanism, const char *reason)
{
	const struct report report = {
		.at = time(NULL),
		.mechanism = mechanism,
		.refusal = reason,
	};

	report_decision(plugin, params, &report);
}

static struct login *
login_create(const struct decorated *decorated,
    const sasl_server_params_t *params)
{
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL)
		return NULL;
	login->decorated = decorated;
	login->connection = params->utils->conn;
	if (gss_realm_wanted(decorated->stock->mech_name))
		gss_realm_default(decorated->library, login->default_realm);
	else
		strcpy(login->default_realm,
		    decorated->plugin->options.default_realm);
	return login;
}

int
login_new(void *glob_context, sasl_server_params_t *params,
    const char *challenge, unsigned int challenge_length, void **context)
{
	const struct decorated *decorated = glob_context;
	const sasl_server_plug_t *stock = decorated->stock;
	const char *reason = obstacle(decorated->plugin, params);
	struct login *login;
	int rc;

	*context = NULL;
	if (reason != NULL) {
		log_obstacle(decorated->plugin, params, stock->mech_name,
		    reason);
		return SASL_NOAUTHZ;
	}
	login = login_create(decorated, params);
	if (login == NULL)
		return SASL_NOMEM;
	rc = stock->mech_new(stock->glob_context, params, challenge,
	    challenge_length, &login->stock_context);
	if (rc != SASL_OK) {
		login_dispose(login, params->utils);
		return rc;
	}
	*context = login;
	return SASL_OK;
}

/* A stock mechanism may make its context here already, and then its mech_new
 * is left out; ours has to be made all the same. */
int
login_avail(void *glob_context, sasl_server_params_t *params, void **context)
{
	const struct decorated *decorated = glob_context;
	const sasl_server_plug_t *stock = decorated->stock;
	struct login *known = *context, *login;
	void *stock_context = known != NULL ? known->stock_context : NULL;
	int rc = stock->mech_avail(stock->glob_context, params, &stock_context);

	if (rc != SASL_OK || stock_context == NULL)
		return rc;
	if (known != NULL) {
		known->stock_context = stock_context;
		return rc;
	}
	login = obstacle(decorated->plugin, params) == NULL ?
	    login_create(decorated, params) : NULL;
	if (login == NULL) {
		if (stock->mech_dispose != NULL)
			stock->mech_dispose(stock_context, params->utils);
		return SASL_NOMECH;
	}
	login->stock_context = stock_context;
	*context = login;
	return rc;
}

/* --- the decision ------------------------------------------------------- */

/* All that a decision and its line need, gathered in one place. */
struct outcome {
	time_t at;
	struct facts facts;
	struct authority_decision decision;
	bool proved;		/* he is who he says he is */
	const char *refusal;	/* of ours, whatever the authority says */
	const char *detail;	/* of the refusal */
};

/* The mechanism has proved the name that canon_user made canonical, the
 * client asks to act as nobody else, and whoever checked the password looked
 * at the realm, too. */
static const char *
check_identity(const struct login *login, const sasl_out_params_t *out)
{
	const struct options *options = &login->decorated->plugin->options;
	unsigned int flags = login->decorated->stock->security_flags;

	if (!login->canonical || out->authid == NULL || out->user == NULL ||
	    strcmp(out->authid, login->user.text) != 0)
		return "canon_user_plugin is not vmauthz";
	if (strcmp(out->user, out->authid) != 0)
		return "the authorization id is another user's";
	if ((flags & SASL_SEC_PASS_CREDENTIALS) != 0 &&
	    options->local_passwords &&
	    !identity_in_realm(&login->user, options->default_realm))
		return "pwcheck_method vouches for the default realm alone";
	return NULL;
}

static const char *
stock_refusal(const struct login *login, int rc,
    const struct authority_decision *decision)
{
	if (decision->policy.reason == REASON_USER_UNKNOWN)
		return decision->reason;
	if (login->mismatch != NULL)
		return login->mismatch;
	return rc == SASL_BADAUTH ? "wrong password" : "authentication failed";
}

/* Asks in any case, so that every refusal takes as long; for the local
 * account only where a grant depends on it. */
static void
ask(const struct login *login, const sasl_server_params_t *params,
    const struct authority_proof *proof, struct outcome *outcome)
{
	struct authority *authority = login->decorated->plugin->authority;

	authority_decide(authority, &outcome->facts.login, proof, outcome->at,
	    &outcome->decision);
	if (outcome->decision.policy.wants_local_user) {
		facts_find_local_user(&outcome->facts, params);
		authority_decide(authority, &outcome->facts.login, proof,
		    outcome->at, &outcome->decision);
	}
}

/* A certificate that doesn't count refuses also who needs none: its holder
 * may be somebody else. */
static const char *
find_refusal(const struct login *login, const sasl_server_params_t *params,
    const struct tls_peer *peer, const char **detail_r)
{
	const struct plugin *plugin = login->decorated->plugin;
	const char *refusal = soft_obstacle(plugin, params);

	*detail_r = NULL;
	if (login->failure.reason != NULL) {
		*detail_r = login->failure.detail;
		return login->failure.reason;
	}
	if (refusal == NULL && peer->refusal != NULL) {
		*detail_r = peer->detail;
		return peer->refusal;
	}
	if (refusal == NULL &&
	    plugin->options.client_cert == TLS_PEER_REQUIRE &&
	    !peer->certificate)
		refusal = "no client certificate";
	return refusal;
}

static void
judge(const struct login *login, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc, struct outcome *outcome)
{
	struct facts *facts = &outcome->facts;
	struct authority_proof proof = { .proved = false };
	const char *unproved = NULL;

	memset(outcome, 0, sizeof(*outcome));
	outcome->at = time(NULL);
	facts_begin(facts, login, params);
	facts_find_certificate(facts, login->decorated->plugin, params);
	if (rc == SASL_OK)
		unproved = check_identity(login, out);
	outcome->proved = proof.proved = rc == SASL_OK && unproved == NULL;
	outcome->refusal = find_refusal(login, params, &facts->peer,
	    &outcome->detail);
	proof.refusal = unproved != NULL ? unproved : outcome->refusal;
	if (login->canonical && login->failure.reason == NULL)
		ask(login, params, &proof, outcome);

	if (rc != SASL_OK)
		unproved = stock_refusal(login, rc, &outcome->decision);
	/* an authority that can't be asked lets every password fail */
	if (unproved != NULL && login->failure.reason == NULL) {
		outcome->refusal = unproved;
		outcome->detail = NULL;
	}
}

static enum verdict
conclude(const struct login *login, const struct outcome *outcome)
{
	if (!outcome->proved)
		return VERDICT_DENY;
	if (outcome->refusal == NULL &&
	    outcome->decision.policy.verdict == VERDICT_ALLOW)
		return VERDICT_ALLOW;
	return login->decorated->plugin->options.observe ? VERDICT_OBSERVE :
	    VERDICT_DENY;
}

static void
log_outcome(const struct login *login, const sasl_server_params_t *params,
    const struct outcome *outcome, enum verdict conclusion)
{
	const struct report report = {
		.at = outcome->at,
		.verdict = conclusion,
		.mechanism = outcome->facts.login.mechanism,
		.facts = &outcome->facts,
		.decision = &outcome->decision,
		.refusal = outcome->refusal,
		.detail = outcome->detail,
	};

	report_decision(login->decorated->plugin, params, &report);
}

/* The mechanism is through, one way or the other. */
static int
finish(struct login *login, const sasl_server_params_t *params, int rc,
    const char **server_out, unsigned int *server_out_length,
    sasl_out_params_t *out)
{
	struct outcome outcome;
	enum verdict conclusion;

	judge(login, params, out, rc, &outcome);
	login->session = outcome.decision.session;
	conclusion = conclude(login, &outcome);
	log_outcome(login, params, &outcome, conclusion);
	if (rc == SASL_OK && conclusion != VERDICT_DENY)
		return SASL_OK;
	*server_out = NULL;
	*server_out_length = 0;
	out->doneflag = 0;
	return rc == SASL_OK ? SASL_NOAUTHZ : rc;
}

int
login_step(void *context, sasl_server_params_t *params, const char *client_in,
    unsigned int client_in_length, const char **server_out,
    unsigned int *server_out_length, sasl_out_params_t *out)
{
	struct login *login = context, *outer = stepping;
	int rc;

	if (login == NULL)
		return SASL_BADPROT;
	stepping = login;
	rc = login->decorated->stock->mech_step(login->stock_context,
	    password_params(login, params), client_in, client_in_length,
	    server_out, server_out_length, out);
	stepping = outer;
	if (rc == SASL_CONTINUE || rc == SASL_INTERACT)
		return rc;
	return finish(login, params, rc, server_out, server_out_length, out);
}

/* libsasl2 comes twice after a failure, the second time with NULL. */
void
login_dispose(void *context, const sasl_utils_t *utils)
{
	struct login *login = context;
	const sasl_server_plug_t *stock;

	if (login == NULL)
		return;
	stock = login->decorated->stock;
	if (stock->mech_dispose != NULL && login->stock_context != NULL)
		stock->mech_dispose(login->stock_context, utils);
	if (login->session != 0)
		authority_end(login->decorated->plugin->authority,
		    login->session);
	free(login);
}
