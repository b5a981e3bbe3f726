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

/* --- the question -------------------------------------------------------- */

static bool
is_address(const char *text)
{
	static const struct network all = { .family = AF_INET };
	bool known;

	network_contains(&all, text, &known);
	return known;
}

int
login_parse(struct login *login_r, const struct config *config,
    const struct asker *asker, const struct broker_login *what)
{
	const char *user = what->user != NULL ? what->user : "";

	memset(login_r, 0, sizeof(*login_r));
	login_r->asker = asker;
	login_r->what = what;
	if (what->client != NULL && (strlen(what->client) > PAM_ADDRESS_MAX ||
	    !is_address(what->client)))
		return ERROR_VALUE;
	return identity_parse(&login_r->user, user, strlen(user),
	    config->default_realm);
}

static bool
over_mux(const struct asker *asker)
{
	return strcmp(asker->socket, "mux") == 0;
}

void
authorize_ask(struct daemon *daemon, const struct login *login,
    struct judgement *judgement_r)
{
	const struct machine *machine = &login->asker->machine;
	const struct broker_login *what = login->what;
	const struct request request = {
		.user = &login->user,
		.vm = {
			.name = machine->name,
			.uuid = machine->uuid[0] != '\0' ? machine->uuid : NULL,
			.port = what->port,
			.any_port = over_mux(login->asker),
		},
		.service = what->service,
		.certificate = what->certificate,
		.client = what->client,
		.local = what->local,
		.local_user = what->local_user,
		.local_number = what->local_number,
		.local_asked = what->local_asked,
	};

	policy_decide(daemon->policy, &request, clock_unix_ms() / 1000,
	    &judgement_r->decision);
	strcpy(judgement_r->detail, policy_detail(daemon->policy));
}

bool
authorize_hopeful(const struct judgement *judgement)
{
	return judgement->decision.verdict == VERDICT_ALLOW ||
	    judgement->decision.wants_local_user;
}

bool
authorize_countable(const struct judgement *judgement)
{
	return authorize_hopeful(judgement) ||
	    judgement->decision.reason == REASON_USER_UNKNOWN ||
	    judgement->decision.reason == REASON_NO_GRANT;
}

/* --- the answer, and what follows ------------------------------------------ */

/* A login on its way to its outcome. */
struct progress {
	struct daemon *daemon;
	const struct login *login;
	const struct attempt *attempt;
	struct judgement judgement;
	const char *refusal;		/* NULL: let him in */
	int64_t at;			/* Unix ms */
	int64_t revision;		/* of the policy */
	uint64_t session;
	bool first_channel;
};

static const char *
find_refusal(const struct attempt *attempt, const struct judgement *judgement)
{
	const struct decision *decision = &judgement->decision;

	if (attempt->refusal != NULL)
		return attempt->refusal;
	if (decision->verdict != VERDICT_ALLOW)
		return reason_text(decision->reason);
	return attempt->proved ? NULL : "wrong password";
}

static void
take_ticket(struct progress *progress)
{
	const struct login *login = progress->login;
	struct daemon *daemon = progress->daemon;
	const struct ticket_use use = {
		.user = login->user.text,
		.vm = progress->judgement.decision.vm,
		.client = login->what->client,
		.now = progress->at / 1000,
	};
	struct audit_ticket record = {
		.event = AUDIT_TICKET_USED,
		.ticket = progress->attempt->ticket,
		.user = use.user,
		.vm = use.vm,
		.client = use.client,
	};
	bool first;

	if (progress->refusal != NULL || progress->attempt->ticket == 0)
		return;
	if (ticket_used(&daemon->state, progress->attempt->ticket, &use,
	    daemon->config->session_window, &first) != ERROR_NONE)
		progress->refusal = "the ticket has been used, or has lapsed";
	else if (first)
		audit_event_ticket(daemon, &record);
}

/* The end of a session can be heard over the broker's socket alone. */
static void
open_session(struct progress *progress)
{
	const struct login *login = progress->login;
	struct daemon *daemon = progress->daemon;
	const struct session session = {
		.user = login->user.text,
		.vm = progress->judgement.decision.vm,
		.service = login->what->service,
		.client = login->what->client,
		.mechanism = login->what->mechanism,
		.grant = progress->judgement.decision.grant,
		.begin = progress->at,
		.pid = login->asker->peer.pid,
		.start = login->asker->peer.start,
	};

	progress->first_channel = true;
	if (progress->refusal != NULL || over_mux(login->asker))
		return;
	if (session_channel(&daemon->state, &session, &progress->session,
	    &progress->first_channel) != ERROR_NONE)
		daemon_log(daemon, LOG_ERR, "vmauthzd: this session is not "
		    "noted: %s", daemon->state.detail);
}

static void
tell_session(struct progress *progress)
{
	struct audit_session record = {
		.event = AUDIT_SESSION_BEGIN,
		.session = progress->session,
		.user = progress->login->user.text,
		.vm = progress->judgement.decision.vm,
		.service = progress->login->what->service,
		.client = progress->login->what->client,
	};

	if (progress->session != 0 && progress->first_channel)
		audit_event_session(progress->daemon, &record);
}

static int
record_decision(const struct progress *progress)
{
	const struct login *login = progress->login;
	const struct broker_login *what = login->what;
	const struct decision *decision = &progress->judgement.decision;
	const struct audit_decision record = {
		.at = progress->at,
		.outcome = progress->refusal == NULL ? "allow" : "deny",
		.user = login->user.text,
		.vm = login->asker->machine.name,
		.vm_source = machine_source_name(login->asker->machine.source),
		.service = what->service,
		.client = what->client,
		.cert_cn = what->certificate.cn,
		.sha256 = what->certificate.sha256,
		.local_user = what->local_user,
		.mechanism = what->mechanism,
		.socket = login->asker->socket,
		.grant = progress->attempt->refusal == NULL ?
		    decision->grant : 0,
		.ticket = progress->attempt->ticket,
		.session = progress->session,
		.revision = progress->revision,
		.reason = progress->refusal != NULL ? progress->refusal :
		    reason_text(decision->reason),
	};

	return audit_decision(progress->daemon->audit, &record);
}

static void
forget_session(struct progress *progress)
{
	if (progress->session != 0)
		session_channel_end(&progress->daemon->state,
		    progress->session, &progress->login->asker->peer, NULL,
		    NULL);
	progress->session = 0;
}

/* What can't be recorded is refused, unless the configuration would rather go
 * on; the log says so in both cases. */
static void
record(struct progress *progress)
{
	struct daemon *daemon = progress->daemon;

	if (record_decision(progress) == ERROR_NONE) {
		tell_session(progress);
		return;
	}
	daemon_log(daemon, LOG_CRIT, "vmauthzd: a decision is not in the audit "
	    "database: %s", audit_detail(daemon->audit));
	if (progress->refusal != NULL ||
	    daemon->config->audit_full == AUDIT_FULL_GO_ON)
		return;
	progress->refusal = "the audit database can't be written";
	forget_session(progress);
}

/* By sessions: the second channel of one proves nothing new. */
static void
count(const struct progress *progress)
{
	struct daemon *daemon = progress->daemon;
	const struct throttle_key guess = {
		.user = progress->login->user.text,
		.client = progress->login->what->client,
		.now = progress->at / 1000,
	};

	if (progress->refusal == NULL) {
		if (progress->first_channel)
			throttle_succeeded(&daemon->state, daemon->config, &guess);
	} else if (!progress->attempt->proved && !progress->attempt->counted &&
	    authorize_countable(&progress->judgement)) {
		throttle_failed(&daemon->state, daemon->config, &guess);
	}
}

static void
write_line(const struct progress *progress)
{
	const struct login *login = progress->login;
	const struct broker_login *what = login->what;
	const struct decision *decision = &progress->judgement.decision;
	char line[LOG_LINE_MAX];
	struct log_decision fields = {
		.outcome = progress->refusal == NULL ? VERDICT_ALLOW :
		    VERDICT_DENY,
		.user = login->user.text,
		.vm = login->asker->machine.name,
		.vm_source = machine_source_name(login->asker->machine.source),
		.service = what->service,
		.client = what->client,
		.cert_cn = what->certificate.cn,
		.sha256 = what->certificate.sha256,
		.names = what->certificate.names,
		.name_count = what->certificate.name_count,
		.local = what->local,
		.local_user = what->local_user,
		.at = progress->at / 1000,
		.mechanism = what->mechanism,
		.grant = progress->attempt->refusal == NULL ?
		    decision->grant : 0,
		.revision = progress->revision,
		.reason = progress->refusal != NULL ? progress->refusal :
		    reason_text(decision->reason),
		.detail = progress->judgement.detail,
	};

	log_format(line, &fields);
	log_send(&progress->daemon->log, progress->refusal == NULL ? LOG_INFO :
	    LOG_NOTICE, line);
}

void
authorize(struct daemon *daemon, const struct login *login,
    const struct attempt *attempt, struct outcome *outcome_r)
{
	struct progress progress = {
		.daemon = daemon,
		.login = login,
		.attempt = attempt,
		.at = clock_unix_ms(),
	};

	memset(outcome_r, 0, sizeof(*outcome_r));
	authorize_ask(daemon, login, &progress.judgement);
	if (attempt->proved && attempt->refusal == NULL &&
	    progress.judgement.decision.wants_local_user) {
		outcome_r->wants_local_user = true;
		return;
	}
	policy_revision(daemon->policy, &progress.revision);
	progress.refusal = find_refusal(attempt, &progress.judgement);
	take_ticket(&progress);
	open_session(&progress);
	if (!attempt->recorded)
		record(&progress);
	count(&progress);
	if (!attempt->recorded)
		write_line(&progress);
	outcome_r->allowed = progress.refusal == NULL;
	outcome_r->session = progress.session;
}
