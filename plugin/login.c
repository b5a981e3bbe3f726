/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin/gss_realm.h"
#include "plugin/local_user.h"
#include "plugin/plugin.h"
#include "plugin/tls_peer.h"

/* bits of a TLS cipher (or of the mechanism itself) below which a connection
 * counts as open to others: NIST SP 800-131A's least */
enum { SSF_MIN = 112 };

/* canon_user and auxprop are called from within a mechanism's step and are
 * told the connection only. */
static _Thread_local struct login *stepping;

struct login *
login_current(const sasl_server_params_t *params)
{
	return stepping != NULL && params->utils != NULL &&
	    stepping->connection == params->utils->conn ? stepping : NULL;
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
	struct log_decision line = {
		.vm = plugin->vm.name[0] != '\0' ? plugin->vm.name : NULL,
		.service = params->service,
		.client = params->ipremoteport,
		.at = time(NULL),
		.mechanism = mechanism,
		.reason = reason,
	};

	plugin_log_decision(plugin, params, &line);
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
	struct tls_peer peer;
	const char *names[CERT_NAMES_MAX];	/* of the peer's certificate */
	struct policy_certificate certificate;
	enum policy_local local;
	struct local_user local_user;	/* if local is LOCAL_ACCOUNT */
	struct policy_decision decision;
	char detail[POLICY_DETAIL_MAX];
	bool proved;		/* he is who he says he is */
	const char *refusal;	/* of ours, whatever the policy says */
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
    const struct outcome *outcome)
{
	if (outcome->decision.reason == REASON_USER_UNKNOWN)
		return policy_reason_text(REASON_USER_UNKNOWN);
	if (login->decoy)
		return "no verifier for this mechanism";
	return rc == SASL_BADAUTH ? "wrong password" : "authentication failed";
}

static void
find_certificate(const struct login *login,
    const sasl_server_params_t *params, struct outcome *outcome)
{
	const struct plugin *plugin = login->decorated->plugin;
	struct tls_peer *peer = &outcome->peer;

	if (plugin->options.client_cert == TLS_PEER_OFF ||
	    params->iplocalport == NULL || params->ipremoteport == NULL)
		return;
	tls_peer_find(params->iplocalport, params->ipremoteport,
	    plugin->revocation, peer);
	if (!peer->certificate)
		return;
	for (size_t i = 0; i < peer->name_count; i++)
		outcome->names[i] = peer->names[i];
	outcome->certificate = (struct policy_certificate){
		.cn = peer->cn[0] != '\0' ? peer->cn : NULL,
		.names = outcome->names,
		.name_count = peer->name_count,
		.sha256 = peer->sha256,
	};
}

static void
decide(struct plugin *plugin, const struct policy_request *request,
    struct outcome *outcome)
{
	pthread_mutex_lock(&plugin->mutex);
	policy_decide(plugin->policy, request, outcome->at,
	    &outcome->decision);
	strcpy(outcome->detail, policy_detail(plugin->policy));
	pthread_mutex_unlock(&plugin->mutex);
}

/* Only where a grant depends on it, and while no lock is held. */
static void
find_local_user(const sasl_server_params_t *params,
    struct policy_request *request, struct outcome *outcome)
{
	request->local_asked = true;
	if (params->iplocalport == NULL || params->ipremoteport == NULL)
		return;
	outcome->local = local_user_find(params->iplocalport,
	    params->ipremoteport, &outcome->local_user);
	request->local = outcome->local;
	if (request->local == LOCAL_ACCOUNT) {
		request->local_user = outcome->local_user.name;
		request->local_number = outcome->local_user.number;
	}
}

/* Asks the policy in any case, so that every refusal takes as long. */
static void
ask_policy(const struct login *login, const sasl_server_params_t *params,
    struct outcome *outcome)
{
	struct plugin *plugin = login->decorated->plugin;
	char client[PLUGIN_ADDRESS_MAX];
	struct policy_request request = {
		.user = &login->user,
		.vm = plugin_vm(plugin, params),
		.service = params->service,
		.certificate = outcome->certificate,
		.client = plugin_client(params, client) ? client : NULL,
	};

	decide(plugin, &request, outcome);
	if (outcome->decision.wants_local_user) {
		find_local_user(params, &request, outcome);
		decide(plugin, &request, outcome);
	}
}

/* A certificate that doesn't count refuses also who needs none: its holder
 * may be somebody else. */
static const char *
find_refusal(const struct login *login, const sasl_server_params_t *params,
    struct outcome *outcome)
{
	const struct plugin *plugin = login->decorated->plugin;
	const char *refusal = soft_obstacle(plugin, params);

	if (login->failure[0] != '\0') {
		strcpy(outcome->detail, login->failure);
		return policy_reason_text(REASON_POLICY_ERROR);
	}
	if (refusal == NULL && outcome->peer.refusal != NULL) {
		snprintf(outcome->detail, sizeof(outcome->detail), "%s",
		    outcome->peer.detail);
		return outcome->peer.refusal;
	}
	if (refusal == NULL &&
	    plugin->options.client_cert == TLS_PEER_REQUIRE &&
	    !outcome->peer.certificate)
		refusal = "no client certificate";
	return refusal;
}

static void
judge(const struct login *login, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc, struct outcome *outcome)
{
	const char *unproved;

	memset(outcome, 0, sizeof(*outcome));
	outcome->at = time(NULL);
	find_certificate(login, params, outcome);
	if (login->canonical && login->failure[0] == '\0')
		ask_policy(login, params, outcome);

	unproved = rc == SASL_OK ? check_identity(login, out) :
	    stock_refusal(login, rc, outcome);
	outcome->proved = unproved == NULL;
	/* a policy that can't be read lets every password fail */
	outcome->refusal = unproved != NULL && login->failure[0] == '\0' ?
	    unproved : find_refusal(login, params, outcome);
}

static enum log_outcome
conclude(const struct login *login, const struct outcome *outcome)
{
	if (!outcome->proved)
		return OUTCOME_DENY;
	if (outcome->refusal == NULL &&
	    outcome->decision.outcome == POLICY_ALLOW)
		return OUTCOME_ALLOW;
	return login->decorated->plugin->options.observe ? OUTCOME_OBSERVE :
	    OUTCOME_DENY;
}

static void
log_outcome(const struct login *login, const sasl_server_params_t *params,
    const struct outcome *outcome, enum log_outcome conclusion)
{
	struct plugin *plugin = login->decorated->plugin;
	const struct policy_decision *decision = &outcome->decision;
	struct log_decision line = {
		.outcome = conclusion,
		.user = login->canonical ? login->user.text : NULL,
		.vm = decision->vm[0] != '\0' ? decision->vm :
		    plugin->vm.name[0] != '\0' ? plugin->vm.name : NULL,
		.service = params->service,
		.client = params->ipremoteport,
		.cert_cn = outcome->certificate.cn,
		.sha256 = outcome->certificate.sha256,
		.names = outcome->certificate.names,
		.name_count = outcome->certificate.name_count,
		.local = outcome->local,
		.local_user = outcome->local_user.name,
		.at = outcome->at,
		.mechanism = login->decorated->stock->mech_name,
		.grant = outcome->refusal == NULL ? decision->grant : 0,
		.reason = outcome->refusal != NULL ? outcome->refusal :
		    policy_reason_text(decision->reason),
		.detail = outcome->detail,
	};

	plugin_log_decision(plugin, params, &line);
}

/* The mechanism is through, one way or the other. */
static int
finish(const struct login *login, const sasl_server_params_t *params, int rc,
    const char **server_out, unsigned int *server_out_length,
    sasl_out_params_t *out)
{
	struct outcome outcome;
	enum log_outcome conclusion;

	judge(login, params, out, rc, &outcome);
	conclusion = conclude(login, &outcome);
	log_outcome(login, params, &outcome, conclusion);
	if (rc == SASL_OK && conclusion != OUTCOME_DENY)
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
	rc = login->decorated->stock->mech_step(login->stock_context, params,
	    client_in, client_in_length, server_out, server_out_length, out);
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
	free(login);
}
