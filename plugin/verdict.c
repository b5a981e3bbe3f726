/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/verdict.h"

#include <string.h>
#include <time.h>

#include "plugin/attempt.h"
#include "plugin/facts.h"
#include "plugin/plugin.h"
#include "plugin/report.h"

/* bits of a TLS cipher (or of the mechanism itself) below which a connection
 * counts as open to others: NIST SP 800-131A's least */
enum { SSF_MIN = 112 };

/* When a refusal can be told, and what is known then. */
enum stage {
	STAGE_BEFORE,		/* the first step: plugin, params */
	STAGE_MECHANISM,	/* its end: the rest, but for the decision */
	STAGE_DECISION,
};

struct verdict_case {
	enum stage stage;
	const struct plugin *plugin;
	const sasl_server_params_t *params;
	const struct attempt *attempt;
	const sasl_out_params_t *out;
	int rc;			/* the mechanism's */
	const struct facts *facts;
	const struct authority_decision *decision;
};

/* --- conditions: whether a refusal holds; it may say more than the table ---- */

static bool
is_other_application(const struct verdict_case *about, struct refusal *refusal)
{
	const char *name = about->params->appname;

	(void)refusal;
	return name == NULL || strcmp(name, PLUGIN_APPNAME) != 0;
}

static bool
has_bad_options(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->plugin->options.error;
	return refusal->reason[0] != '\0';
}

/* An authority that can't be asked lets every password fail. */
static bool
is_authority_silent(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->attempt->failure.reason;
	refusal->detail = about->attempt->failure.detail;
	return refusal->reason != NULL;
}

static bool
is_unknown_user(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->decision->reason;
	return about->rc != SASL_OK &&
	    about->decision->policy.reason == REASON_USER_UNKNOWN;
}

static bool
is_mismatch(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->attempt->mismatch;
	return about->rc != SASL_OK && refusal->reason != NULL;
}

static bool
is_wrong_password(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return about->rc == SASL_BADAUTH;
}

static bool
has_failed(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return about->rc != SASL_OK;
}

/* The mechanism has proved another name than canon_user has seen. */
static bool
is_not_canonical(const struct verdict_case *about, struct refusal *refusal)
{
	const sasl_out_params_t *out = about->out;

	(void)refusal;
	return about->rc == SASL_OK && (!about->attempt->canonical ||
	    out->authid == NULL || out->user == NULL ||
	    strcmp(out->authid, about->attempt->user.text) != 0);
}

static bool
acts_for_another(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return about->rc == SASL_OK &&
	    strcmp(about->out->user, about->out->authid) != 0;
}

/* Whoever checked the password may not have looked at the realm. */
static bool
is_realm_unvouched(const struct verdict_case *about, struct refusal *refusal)
{
	const struct options *options = &about->plugin->options;
	unsigned int flags = about->attempt->decorated->stock->security_flags;

	(void)refusal;
	return about->rc == SASL_OK &&
	    (flags & SASL_SEC_PASS_CREDENTIALS) != 0 &&
	    options->local_passwords &&
	    !identity_in_realm(&about->attempt->user, options->default_realm);
}

static bool
is_vm_unknown(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return !about->plugin->vm.usable;
}

static bool
lacks_tls(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return about->plugin->options.require_tls &&
	    about->params->external_ssf < SSF_MIN;
}

/* It refuses also who needs no certificate: its holder may be somebody else. */
static bool
has_bad_certificate(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->facts->peer.refusal;
	refusal->detail = about->facts->peer.detail;
	return refusal->reason != NULL;
}

static bool
lacks_certificate(const struct verdict_case *about, struct refusal *refusal)
{
	(void)refusal;
	return about->plugin->options.client_cert == TLS_PEER_REQUIRE &&
	    !about->facts->peer.certificate;
}

static bool
is_denied(const struct verdict_case *about, struct refusal *refusal)
{
	refusal->reason = about->decision->reason;
	refusal->detail = about->decision->detail;
	refusal->grant = about->decision->policy.grant;
	return about->decision->policy.verdict != VERDICT_ALLOW;
}

/* --- the table --------------------------------------------------------------- */

/* The first one that holds speaks.  vmauthz_mode: observe lets in whom a soft
 * one refuses.  A login that the mechanism itself refuses comes before all that
 * is about a user, who is not proved. */
static const struct {
	enum stage stage;	/* from which on it can be told */
	bool soft;
	bool (*holds)(const struct verdict_case *about,
	    struct refusal *refusal);
	const char *reason;	/* NULL: the condition says it */
} refusals[] = {
	{ STAGE_BEFORE, false, is_other_application,
	    "this application is not QEMU" },
	{ STAGE_BEFORE, false, has_bad_options, NULL },
	{ STAGE_MECHANISM, false, is_authority_silent, NULL },
	{ STAGE_DECISION, false, is_unknown_user, NULL },
	{ STAGE_DECISION, false, is_mismatch, NULL },
	{ STAGE_DECISION, false, is_wrong_password, "wrong password" },
	{ STAGE_DECISION, false, has_failed, "authentication failed" },
	{ STAGE_MECHANISM, false, is_not_canonical,
	    "canon_user_plugin is not vmauthz" },
	{ STAGE_MECHANISM, false, acts_for_another,
	    "the authorization id is another user's" },
	{ STAGE_MECHANISM, false, is_realm_unvouched,
	    "pwcheck_method vouches for the default realm alone" },
	{ STAGE_BEFORE, true, is_vm_unknown,
	    "the command line does not tell which VM this is" },
	{ STAGE_BEFORE, true, lacks_tls, "no TLS" },
	{ STAGE_MECHANISM, true, has_bad_certificate, NULL },
	{ STAGE_MECHANISM, true, lacks_certificate, "no client certificate" },
	{ STAGE_DECISION, true, is_denied, NULL },
};
enum { REFUSAL_COUNT = sizeof(refusals) / sizeof(refusals[0]) };

/* Leaves refusal_r without a reason if nothing refuses. */
static void
first_refusal(const struct verdict_case *about, struct refusal *refusal_r)
{
	for (size_t i = 0; i < REFUSAL_COUNT; i++) {
		*refusal_r = (struct refusal){
			.reason = refusals[i].reason,
			.soft = refusals[i].soft,
		};
		if (refusals[i].stage <= about->stage &&
		    refusals[i].holds(about, refusal_r))
			return;
	}
	*refusal_r = (struct refusal){ .reason = NULL };
}

const char *
verdict_before(const struct plugin *plugin, const sasl_server_params_t *params)
{
	const struct verdict_case about = {
		.stage = STAGE_BEFORE,
		.plugin = plugin,
		.params = params,
	};
	struct refusal refusal;

	first_refusal(&about, &refusal);
	return refusal.soft && plugin->options.observe ? NULL : refusal.reason;
}

/* --- the way to a verdict ------------------------------------------------------ */

/* Asks in any case, so that every refusal takes as long; for the local
 * account only where a grant depends on it. */
static void
ask_authority(struct verdict_case *about, struct facts *facts,
    const struct authority_proof *proof, time_t now,
    struct authority_decision *decision_r)
{
	struct authority *authority = about->plugin->authority;

	if (!about->attempt->canonical ||
	    about->attempt->failure.reason != NULL)
		return;
	authority_decide(authority, &facts->login, proof, now, decision_r);
	if (decision_r->policy.wants_local_user) {
		facts_find_local_user(facts, about->params);
		authority_decide(authority, &facts->login, proof, now,
		    decision_r);
	}
}

static enum verdict
conclude(const struct refusal *refusal, const struct options *options)
{
	if (refusal->reason == NULL)
		return VERDICT_ALLOW;
	return refusal->soft && options->observe ? VERDICT_OBSERVE :
	    VERDICT_DENY;
}

bool
verdict_reach(struct attempt *attempt, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc)
{
	struct plugin *plugin = attempt->decorated->plugin;
	time_t now = time(NULL);
	struct authority_decision decision;
	struct facts facts;
	struct verdict_case about = {
		.stage = STAGE_MECHANISM,
		.plugin = plugin,
		.params = params,
		.attempt = attempt,
		.out = out,
		.rc = rc,
		.facts = &facts,
		.decision = &decision,
	};
	struct authority_proof proof;
	struct refusal refusal;
	enum verdict verdict;

	memset(&decision, 0, sizeof(decision));
	facts_begin(&facts, attempt, params);
	facts_find_certificate(&facts, plugin, params);
	first_refusal(&about, &refusal);
	proof.attempt = attempt->number;
	proof.refusal = refusal.reason;
	proof.proved = rc == SASL_OK &&
	    (refusal.reason == NULL || refusal.soft);
	ask_authority(&about, &facts, &proof, now, &decision);
	attempt->session = decision.session;

	about.stage = STAGE_DECISION;
	first_refusal(&about, &refusal);
	verdict = conclude(&refusal, &plugin->options);
	report_verdict(attempt, params, &facts, &decision, &refusal, verdict,
	    now);
	return verdict != VERDICT_DENY;
}
