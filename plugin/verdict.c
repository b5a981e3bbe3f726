/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/verdict.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "plugin/attempt.h"
#include "plugin/facts.h"
#include "plugin/plugin.h"
#include "plugin/report.h"

/* bits of a TLS cipher below which a connection counts as not encrypted: the
 * least security strength that NIST SP 800-131A accepts */
enum { VERDICT_SSF_MIN = 112 };

/* The stages of an attempt.  Each one has set more members of struct
 * verdict_case. */
enum verdict_stage {
	VERDICT_STAGE_BEFORE,		/* before the first step: plugin and
					 * params */
	VERDICT_STAGE_MECHANISM,	/* at the mechanism's end: all but
					 * decision */
	VERDICT_STAGE_DECISION,		/* all */
};

struct verdict_case {
	const struct plugin *plugin;
	const sasl_server_params_t *params;
	const struct attempt *attempt;
	const sasl_out_params_t *out;
	int rc;			/* the mechanism's */
	const struct facts *facts;
	const struct authority_decision *decision;
	struct refusal refusal;	/* the result; reason is NULL without one */
};

/* --- conditions: whether a refusal holds ---------------------------------- */

/* A condition that is known only with its reason sets the reason itself. */

static bool
verdict_is_other_application(struct verdict_case *about)
{
	const char *name = about->params->appname;

	return name == NULL || strcmp(name, PLUGIN_APPNAME) != 0;
}

static bool
verdict_has_bad_options(struct verdict_case *about)
{
	about->refusal.reason = about->plugin->options.error;
	return about->refusal.reason[0] != '\0';
}

/* Without a verifier every password fails, so this is the reason, and not the
 * password. */
static bool
verdict_is_authority_silent(struct verdict_case *about)
{
	about->refusal.reason = about->attempt->failure.reason;
	about->refusal.detail = about->attempt->failure.detail;
	return about->refusal.reason != NULL;
}

/* Only where the mechanism has failed: a user who is unknown to the policy but
 * whom another source has proved is a matter of verdict_is_denied(). */
static bool
verdict_is_unknown_user(struct verdict_case *about)
{
	about->refusal.reason = about->decision->reason;
	return about->rc != SASL_OK &&
	    about->decision->policy.reason == REASON_USER_UNKNOWN;
}

/* vmauthzd has returned a decoy and knows why: struct authority_verifier. */
static bool
verdict_is_mismatch(struct verdict_case *about)
{
	about->refusal.reason = about->attempt->mismatch;
	return about->rc != SASL_OK && about->refusal.reason != NULL;
}

static bool
verdict_is_wrong_password(struct verdict_case *about)
{
	return about->rc == SASL_BADAUTH;
}

static bool
verdict_has_failed(struct verdict_case *about)
{
	return about->rc != SASL_OK;
}

/* The mechanism has proved another name than that in the attempt, so another
 * canon_user plugin has changed it. */
static bool
verdict_is_not_canonical(struct verdict_case *about)
{
	const sasl_out_params_t *out = about->out;

	return about->rc == SASL_OK && (!about->attempt->canonical ||
	    out->authid == NULL || out->user == NULL ||
	    strcmp(out->authid, about->attempt->user.text) != 0);
}

/* A grant is given to the user who proves their name, not to others for whom
 * they want to act. */
static bool
verdict_acts_for_another(struct verdict_case *about)
{
	return about->rc == SASL_OK &&
	    strcmp(about->out->user, about->out->authid) != 0;
}

/* A password source that ignores the realm proves alice, not alice@realm; only
 * the default realm is what it was configured for. */
static bool
verdict_is_realm_unvouched(struct verdict_case *about)
{
	const struct options *options = &about->plugin->options;
	unsigned int flags = about->attempt->decorated->stock->security_flags;

	return about->rc == SASL_OK &&
	    (flags & SASL_SEC_PASS_CREDENTIALS) != 0 &&
	    options->local_passwords &&
	    !identity_in_realm(&about->attempt->user, options->default_realm);
}

static bool
verdict_is_vm_unknown(struct verdict_case *about)
{
	return !about->plugin->vm.usable;
}

static bool
verdict_lacks_tls(struct verdict_case *about)
{
	return about->plugin->options.require_tls &&
	    about->params->external_ssf < VERDICT_SSF_MIN;
}

/* A revoked certificate refuses also where no grant asks for one: who has it
 * now may not be the user. */
static bool
verdict_has_bad_certificate(struct verdict_case *about)
{
	about->refusal.reason = about->facts->peer.refusal;
	about->refusal.detail = about->facts->peer.detail;
	return about->refusal.reason != NULL;
}

static bool
verdict_lacks_certificate(struct verdict_case *about)
{
	return about->plugin->options.client_cert == TLS_PEER_REQUIRE &&
	    !about->facts->peer.certificate;
}

static bool
verdict_is_denied(struct verdict_case *about)
{
	about->refusal.reason = about->decision->reason;
	about->refusal.detail = about->decision->detail;
	about->refusal.grant = about->decision->policy.grant;
	return about->decision->policy.verdict != VERDICT_ALLOW;
}

/* --- the table ------------------------------------------------------------ */

/* The first refusal that holds gives the reason.  With vmauthz_mode: observe a
 * soft one doesn't keep the client out.  The mechanism's own failure precedes
 * all that depends on the user, who is not proved then. */
static const struct {
	enum verdict_stage stage;	/* from which on it can be evaluated */
	bool soft;
	bool (*holds)(struct verdict_case *about);
	const char *reason;	/* NULL: the condition sets it */
} refusals[] = {
	{ VERDICT_STAGE_BEFORE, false, verdict_is_other_application,
	    "this application is not QEMU" },
	{ VERDICT_STAGE_BEFORE, false, verdict_has_bad_options, NULL },
	{ VERDICT_STAGE_MECHANISM, false, verdict_is_authority_silent, NULL },
	{ VERDICT_STAGE_DECISION, false, verdict_is_unknown_user, NULL },
	{ VERDICT_STAGE_DECISION, false, verdict_is_mismatch, NULL },
	{ VERDICT_STAGE_DECISION, false, verdict_is_wrong_password,
	    "wrong password" },
	{ VERDICT_STAGE_DECISION, false, verdict_has_failed,
	    "authentication failed" },
	{ VERDICT_STAGE_MECHANISM, false, verdict_is_not_canonical,
	    "canon_user_plugin is not vmauthz" },
	{ VERDICT_STAGE_MECHANISM, false, verdict_acts_for_another,
	    "the authorization id is another user's" },
	{ VERDICT_STAGE_MECHANISM, false, verdict_is_realm_unvouched,
	    "pwcheck_method vouches for the default realm alone" },
	{ VERDICT_STAGE_BEFORE, true, verdict_is_vm_unknown,
	    "the command line does not tell which VM this is" },
	{ VERDICT_STAGE_BEFORE, true, verdict_lacks_tls, "no TLS" },
	{ VERDICT_STAGE_MECHANISM, true, verdict_has_bad_certificate, NULL },
	{ VERDICT_STAGE_MECHANISM, true, verdict_lacks_certificate,
	    "no client certificate" },
	{ VERDICT_STAGE_DECISION, true, verdict_is_denied, NULL },
};
enum { VERDICT_REFUSAL_COUNT = sizeof(refusals) / sizeof(refusals[0]) };

static void
verdict_find_refusal(struct verdict_case *about, enum verdict_stage stage)
{
	for (size_t i = 0; i < VERDICT_REFUSAL_COUNT; i++) {
		about->refusal = (struct refusal){
			.reason = refusals[i].reason,
			.soft = refusals[i].soft,
		};
		if (refusals[i].stage <= stage && refusals[i].holds(about))
			return;
	}
	about->refusal = (struct refusal){ .reason = NULL };
}

/* What becomes of the refusal that was found. */
static enum verdict
verdict_conclude(const struct verdict_case *about)
{
	if (about->refusal.reason == NULL)
		return VERDICT_ALLOW;
	return about->refusal.soft && about->plugin->options.observe ?
	    VERDICT_OBSERVE : VERDICT_DENY;
}

const char *
verdict_before(const struct plugin *plugin, const sasl_server_params_t *params)
{
	struct verdict_case about = {
		.plugin = plugin,
		.params = params,
	};

	verdict_find_refusal(&about, VERDICT_STAGE_BEFORE);
	return verdict_conclude(&about) == VERDICT_DENY ?
	    about.refusal.reason : NULL;
}

/* --- the way to a verdict ------------------------------------------------- */

/* Queries also where the login is refused already, so that every refusal takes
 * as long.  The local account costs system calls, so it is looked for only
 * where a grant depends on it. */
static void
verdict_query_authority(struct verdict_case *about, struct facts *facts,
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

bool
verdict_reach(struct attempt *attempt, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc)
{
	struct plugin *plugin = attempt->decorated->plugin;
	const struct timespec now = clock_unix();
	struct authority_decision decision;
	struct facts facts;
	struct verdict_case about = {
		.plugin = plugin,
		.params = params,
		.attempt = attempt,
		.out = out,
		.rc = rc,
		.facts = &facts,
		.decision = &decision,
	};
	const struct refusal *refusal = &about.refusal;
	struct authority_proof proof;
	enum verdict verdict;

	memset(&decision, 0, sizeof(decision));
	facts_begin(&facts, attempt, params);
	facts_find_certificate(&facts, plugin, params, &now);
	/* Without the decision: the authority records a proof or a failure,
	 * and the reason, if it is known by now. */
	verdict_find_refusal(&about, VERDICT_STAGE_MECHANISM);
	proof.attempt = attempt->number;
	proof.refusal = refusal->reason;
	proof.proved = rc == SASL_OK &&
	    (refusal->reason == NULL || refusal->soft);
	verdict_query_authority(&about, &facts, &proof, now.tv_sec,
	    &decision);
	attempt->session = decision.session;

	verdict_find_refusal(&about, VERDICT_STAGE_DECISION);
	verdict = verdict_conclude(&about);
	report_verdict(attempt, params, &facts, &decision, refusal, verdict,
	    now.tv_sec);
	return verdict != VERDICT_DENY;
}
