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

static bool
over_mux(const struct asker *asker)
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
		.any_port = over_mux(asker),
	};
	if (client != NULL && (strlen(client) > PAM_ADDRESS_MAX ||
	    !is_address(client)))
		return ERROR_VALUE;
	if (user == NULL)
		return ERROR_NAME;
	return identity_parse(&login_r->user, user, strlen(user),
	    config->default_realm);
}

void
authorize_ask(struct daemon *daemon, const struct login *login,
    struct judgement *judgement_r)
{
	policy_decide(daemon->policy, &login->what.request,
	    clock_unix_ms() / 1000, &judgement_r->decision);
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

/* --- the answer, and what follows ---------------------------------------- */

/* A login on its way to its outcome. */
struct progress {
	struct daemon *daemon;
	const struct login *login;
	const struct attempt *attempt;
	struct judgement judgement;
	const char *refusal;		/* NULL: the user gets in */
	int64_t at;			/* Unix ms */
	uint64_t session;
	bool first_channel;
};

/* The one place where vmauthzd fills a record.  Without progress nothing is
 * known but who asks. */
static struct decision_record
make_record(const struct asker *asker, const struct progress *progress)
{
	struct decision_record record = {
		.at = progress != NULL ? progress->at : clock_unix_ms(),
		.vm = asker->machine.name[0] != '\0' ? asker->machine.name :
		    NULL,
		.vm_source = machine_source_name(asker->machine.source),
		.socket = asker->socket,
	};
	const struct request *request;
	const struct decision *decision;

	if (progress == NULL)
		return record;
	request = &progress->login->what.request;
	decision = &progress->judgement.decision;
	record.verdict = progress->refusal == NULL ? VERDICT_ALLOW :
	    VERDICT_DENY;
	record.user = progress->login->user.text;
	record.service = request->service;
	record.client = request->client;
	record.certificate = request->certificate;
	record.local = request->local;
	record.local_user = request->local_user;
	record.mechanism = progress->login->what.mechanism;
	record.grant = progress->attempt->refusal == NULL ?
	    decision->grant : 0;
	record.revision = decision->revision;
	record.ticket = progress->attempt->ticket;
	record.session = (int64_t)progress->session;
	record.reason = progress->refusal != NULL ? progress->refusal :
	    reason_text(decision->reason);
	record.detail = progress->judgement.detail;
	return record;
}

static void
write_line(struct daemon *daemon, const struct decision_record *record)
{
	char line[LOG_LINE_MAX];

	log_format(line, record);
	log_send(&daemon->log, record->verdict == VERDICT_ALLOW ? LOG_INFO :
	    LOG_NOTICE, line);
}

void
authorize_refuse(struct daemon *daemon, const struct asker *asker,
    const char *reason)
{
	struct decision_record record = make_record(asker, NULL);

	record.reason = reason;
	write_line(daemon, &record);
}

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
		.client = login->what.request.client,
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
		.service = login->what.request.service,
		.client = login->what.request.client,
		.mechanism = login->what.mechanism,
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
		.service = progress->login->what.request.service,
		.client = progress->login->what.request.client,
	};

	if (progress->session != 0 && progress->first_channel)
		audit_event_session(progress->daemon, &record);
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
write_audit(struct progress *progress)
{
	struct daemon *daemon = progress->daemon;
	const struct decision_record record =
	    make_record(progress->login->asker, progress);

	if (audit_decision(daemon->audit, &record) == ERROR_NONE) {
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
		.client = progress->login->what.request.client,
		.now = progress->at / 1000,
	};

	if (progress->refusal == NULL) {
		if (progress->first_channel)
			throttle_succeeded(&daemon->state, daemon->config,
			    &guess);
	} else if (!progress->attempt->proved && !progress->attempt->counted &&
	    authorize_countable(&progress->judgement)) {
		throttle_failed(&daemon->state, daemon->config, &guess);
	}
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
	struct decision_record record;

	memset(outcome_r, 0, sizeof(*outcome_r));
	authorize_ask(daemon, login, &progress.judgement);
	if (attempt->proved && attempt->refusal == NULL &&
	    progress.judgement.decision.wants_local_user) {
		outcome_r->wants_local_user = true;
		return;
	}
	progress.refusal = find_refusal(attempt, &progress.judgement);
	take_ticket(&progress);
	open_session(&progress);
	if (!attempt->recorded)
		write_audit(&progress);
	count(&progress);
	if (!attempt->recorded) {
		record = make_record(login->asker, &progress);
		write_line(daemon, &record);
	}
	outcome_r->allowed = progress.refusal == NULL;
	outcome_r->session = progress.session;
	outcome_r->revision = progress.judgement.decision.revision;
}
