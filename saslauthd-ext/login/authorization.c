/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/authorization.h"

#include <netinet/in.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "decide/network.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/session.h"
#include "saslauthd-ext/login/ticket.h"

/* --- the request ---------------------------------------------------- */

/* The one parser of addresses is network.c's; known says whether it could read
 * the text. */
static bool
login_is_address(const char *text)
{
	static const struct network all = { .family = AF_INET };
	bool known;

	network_contains(&all, text, &known);
	return known;
}

static bool
login_over_mux(const struct asker *asker)
{
	return strcmp(asker->socket, "mux") == 0;
}

int
login_parse(struct login *login_r, const struct config *config,
    const struct asker *asker, const char *user,
    const struct request_login *what)
{
	const struct machine *machine = &asker->machine;
	const char *client = what->request.client;

	memset(login_r, 0, sizeof(*login_r));
	login_r->asker = asker;
	login_r->what = *what;
	login_r->what.request.user = &login_r->user;
	login_r->what.request.vm = (struct request_vm){
		.name = machine->name,
		.uuid = machine->uuid[0] != '\0' ? machine->uuid : NULL,
		.port = what->request.vm.port,
		.any_port = login_over_mux(asker),
	};
	if (client != NULL && (strlen(client) > PAM_ADDRESS_MAX ||
	    !login_is_address(client)))
		return ERROR_VALUE;
	if (user == NULL)
		return ERROR_NAME;
	return identity_parse(&login_r->user, user, strlen(user),
	    config->default_realm);
}

void
authorization_evaluate(struct daemon *daemon, const struct login *login,
    struct authorization *authorization_r)
{
	policy_decide(daemon->policy, &login->what.request,
	    clock_unix_ms() / 1000, &authorization_r->decision);
	strcpy(authorization_r->detail, policy_detail(daemon->policy));
}

/* wants_local_user is a refusal of the policy until the account is known. */
bool
authorization_grantable(const struct authorization *authorization)
{
	return authorization->decision.verdict == VERDICT_ALLOW ||
	    authorization->decision.wants_local_user;
}

bool
authorization_counts_failure(const struct authorization *authorization)
{
	return authorization_grantable(authorization) ||
	    authorization->decision.reason == REASON_USER_UNKNOWN ||
	    authorization->decision.reason == REASON_NO_GRANT;
}

/* --- the outcome, and what follows ------------------------------------ */

/* What the steps of authorize() share.  A step may turn an allowed login into a
 * refused one, by setting refusal, and never the other way round. */
struct authorize_context {
	struct daemon *daemon;
	const struct login *login;
	const struct attempt_result *attempt;
	struct authorization authorization;
	const char *refusal;		/* NULL: the user gets in */
	int64_t at;			/* Unix ms */
	struct session session;		/* its id is 0: none is open */
	bool first_channel;
};

/* Fills the record of a decision, for audit and log; vmauthzd does so here
 * alone.  Without context the asker is all that is known. */
static struct decision_record
authorize_make_record(const struct asker *asker,
    const struct authorize_context *context)
{
	struct decision_record record = {
		.at = context != NULL ? context->at : clock_unix_ms(),
		.vm = asker->machine.name[0] != '\0' ? asker->machine.name :
		    NULL,
		.vm_source = machine_source_name(asker->machine.source),
		.socket = asker->socket,
	};
	const struct request *request;
	const struct decision *decision;

	if (context == NULL)
		return record;
	request = &context->login->what.request;
	decision = &context->authorization.decision;
	record.verdict = context->refusal == NULL ? VERDICT_ALLOW :
	    VERDICT_DENY;
	record.user = context->login->user.text;
	record.service = request->service;
	record.client = request->client;
	record.certificate = request->certificate;
	record.local = request->local;
	record.local_user = request->local_user;
	record.mechanism = context->login->what.mechanism;
	/* a login that is refused before the policy speaks has no grant */
	record.grant = context->attempt->refusal == NULL ?
	    decision->grant : 0;
	record.revision = decision->revision;
	record.ticket = context->attempt->ticket;
	record.session = (int64_t)context->session.id;
	record.reason = context->refusal != NULL ? context->refusal :
	    reason_text(decision->reason);
	record.detail = context->authorization.detail;
	return record;
}

static void
authorize_log(struct daemon *daemon, const struct decision_record *record)
{
	char line[LOG_LINE_MAX];

	log_format(line, record);
	log_send(&daemon->log, record->verdict == VERDICT_ALLOW ? LOG_INFO :
	    LOG_NOTICE, line);
}

void
authorization_refuse(struct daemon *daemon, const struct asker *asker,
    const char *reason)
{
	struct decision_record record = authorize_make_record(asker, NULL);

	record.reason = reason;
	authorize_log(daemon, &record);
}

/* The policy speaks before the password: for a user who has no grant the reason
 * is the same with a right and with a wrong one. */
static const char *
authorize_find_refusal(const struct attempt_result *attempt,
    const struct authorization *authorization)
{
	const struct decision *decision = &authorization->decision;

	if (attempt->refusal != NULL)
		return attempt->refusal;
	if (decision->verdict != VERDICT_ALLOW)
		return reason_text(decision->reason);
	return attempt->proved ? NULL : "wrong password";
}

/* Uses up the ticket only of a login that would be allowed.  Two channels may
 * have found the same ticket: the database decides which is the first. */
static void
authorize_use_ticket(struct authorize_context *context)
{
	const struct login *login = context->login;
	struct daemon *daemon = context->daemon;
	const struct ticket_use use = {
		.user = login->user.text,
		.vm = context->authorization.decision.vm,
		.client = login->what.request.client,
		.now = context->at / 1000,
	};
	struct audit_ticket record = {
		.event = AUDIT_TICKET_USED,
		.ticket = context->attempt->ticket,
		.user = use.user,
		.vm = use.vm,
		.client = use.client,
	};
	bool first;

	if (context->refusal != NULL || context->attempt->ticket == 0)
		return;
	if (ticket_used(&daemon->state, context->attempt->ticket, &use,
	    daemon->config->session_window, &first) != ERROR_NONE)
		context->refusal = "the ticket has been used, or has lapsed";
	else if (first)
		audit_event_ticket(daemon, &record);
}

/* The mux has no message for the end of a session, so a login over it opens
 * none.  A failure refuses nobody: the audit is the record, not state.db. */
static void
authorize_open_session(struct authorize_context *context)
{
	const struct login *login = context->login;
	struct daemon *daemon = context->daemon;

	context->session = (struct session){
		.user = login->user.text,
		.vm = context->authorization.decision.vm,
		.service = login->what.request.service,
		.client = login->what.request.client,
		.mechanism = login->what.mechanism,
		.grant = context->authorization.decision.grant,
		.begin = context->at,
		.pid = login->asker->peer.pid,
		.start = login->asker->peer.start,
	};
	context->first_channel = true;
	if (context->refusal != NULL || login_over_mux(login->asker))
		return;
	if (session_channel(&daemon->state, &context->session,
	    &context->session.id, &context->first_channel) != ERROR_NONE)
		daemon_log(daemon, LOG_ERR, "vmauthzd: this session is not "
		    "noted: %s", daemon->state.detail);
}

/* Takes back the channel of a login that is refused after all.  No callback:
 * the session's begin was not recorded either. */
static void
authorize_drop_session(struct authorize_context *context)
{
	if (context->session.id != 0)
		session_channel_end(&context->daemon->state,
		    context->session.id, &context->login->asker->peer, NULL,
		    NULL);
	context->session.id = 0;
}

/* Refuses a login whose decision can't be recorded, unless audit_full = go-on;
 * a line is logged in both cases. */
static void
authorize_write_audit(struct authorize_context *context)
{
	struct daemon *daemon = context->daemon;
	const struct decision_record record =
	    authorize_make_record(context->login->asker, context);

	if (audit_decision(daemon->audit, &record) == ERROR_NONE) {
		if (context->session.id != 0 && context->first_channel)
			audit_event_session(daemon, &context->session, NULL);
		return;
	}
	daemon_log(daemon, LOG_CRIT, "vmauthzd: a decision is not in the audit "
	    "database: %s", audit_detail(daemon->audit));
	if (context->refusal != NULL ||
	    daemon->config->audit_full == CONFIG_AUDIT_FULL_GO_ON)
		return;
	context->refusal = "the audit database can't be written";
	authorize_drop_session(context);
}

/* Counts by sessions: SPICE opens several channels with one password, so a
 * second channel is no second success. */
static void
authorize_count_failure(const struct authorize_context *context)
{
	struct daemon *daemon = context->daemon;
	const struct throttle_key guess = {
		.user = context->login->user.text,
		.client = context->login->what.request.client,
		.now = context->at / 1000,
	};

	if (context->refusal == NULL) {
		if (context->first_channel)
			throttle_succeeded(&daemon->state, daemon->config,
			    &guess);
	} else if (!context->attempt->proved && !context->attempt->counted &&
	    authorization_counts_failure(&context->authorization)) {
		throttle_failed(&daemon->state, daemon->config, &guess);
	}
}

void
authorize(struct daemon *daemon, const struct login *login,
    const struct attempt_result *attempt, struct outcome *outcome_r)
{
	struct authorize_context context = {
		.daemon = daemon,
		.login = login,
		.attempt = attempt,
		.at = clock_unix_ms(),
	};
	struct decision_record record;

	memset(outcome_r, 0, sizeof(*outcome_r));
	authorization_evaluate(daemon, login, &context.authorization);
	if (attempt->proved && attempt->refusal == NULL &&
	    context.authorization.decision.wants_local_user) {
		outcome_r->wants_local_user = true;
		return;
	}
	context.refusal = authorize_find_refusal(attempt,
	    &context.authorization);
	/* a step may refuse, which the later ones have to know; the counters
	 * come after the record, which may refuse, too */
	authorize_use_ticket(&context);
	authorize_open_session(&context);
	if (!attempt->recorded)
		authorize_write_audit(&context);
	authorize_count_failure(&context);
	if (!attempt->recorded) {
		record = authorize_make_record(login->asker, &context);
		authorize_log(daemon, &record);
	}
	outcome_r->allowed = context.refusal == NULL;
	outcome_r->session = context.session.id;
	outcome_r->revision = context.authorization.decision.revision;
}
