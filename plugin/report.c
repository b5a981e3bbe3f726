/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/report.h"

#include <syslog.h>

#include "log/decision_writer.h"
#include "plugin/attempt.h"
#include "plugin/facts.h"
#include "plugin/plugin.h"

static void
report_to_client(const sasl_server_params_t *params, const char *line)
{
	params->utils->seterror(params->utils->conn, SASL_NOLOG, "%s", line);
}

static void
report_to_logs(struct plugin *plugin, const sasl_server_params_t *params,
    enum verdict verdict, const char *line)
{
	static const struct {
		int sasl;		/* from this log_level on */
		int syslog;
	} levels[] = {
		[VERDICT_DENY] = { SASL_LOG_FAIL, LOG_NOTICE },
		[VERDICT_ALLOW] = { SASL_LOG_NOTE, LOG_INFO },
		[VERDICT_OBSERVE] = { SASL_LOG_FAIL, LOG_WARNING },
	};
	int level = levels[verdict].sasl;

	pthread_mutex_lock(&plugin->mutex);
	log_send(&plugin->log, levels[verdict].syslog, line);
	pthread_mutex_unlock(&plugin->mutex);
	/* libsasl2's own log is syslog(3), which may block: only if log_level
	 * asks for it */
	if (params->log_level >= level)
		params->utils->log(params->utils->conn, level, "%s", line);
}

/* The result of a login, and what is known about it. */
struct report {
	time_t at;
	enum verdict verdict;
	const char *mechanism;		/* NULL: not of this plugin */
	const struct identity *user;	/* NULL: unknown */
	const struct facts *facts;	/* NULL: not gathered */
	const struct authority_decision *decision;	/* NULL: none */
	struct refusal refusal;
};

/* The one place where the plugin fills a record. */
static struct decision_record
report_record(const struct plugin *plugin, const sasl_server_params_t *params,
    const struct report *report)
{
	static const struct authority_decision none;
	const struct authority_decision *decision =
	    report->decision != NULL ? report->decision : &none;
	const struct refusal *refusal = &report->refusal;
	bool allowed = refusal->reason == NULL;
	struct decision_record record = {
		.at = (int64_t)report->at * 1000,
		.verdict = report->verdict,
		.user = report->user != NULL ? report->user->text : NULL,
		.vm = decision->policy.vm[0] != '\0' ? decision->policy.vm :
		    plugin->vm.name[0] != '\0' ? plugin->vm.name : NULL,
		.service = params->service,
		.client = params->ipremoteport,
		.mechanism = report->mechanism,
		.grant = allowed ? decision->policy.grant : refusal->grant,
		.revision = decision->policy.revision,
		.session = (int64_t)decision->session,
		.reason = allowed ? decision->reason : refusal->reason,
		.detail = allowed ? decision->detail : refusal->detail,
	};

	if (report->facts != NULL) {
		const struct request *request = &report->facts->login.request;

		record.certificate = request->certificate;
		record.local = request->local;
		record.local_user = request->local_user;
	}
	return record;
}

static void
report_line(struct plugin *plugin, const sasl_server_params_t *params,
    const struct report *report, bool logged)
{
	struct decision_record record = report_record(plugin, params, report);
	char line[LOG_LINE_MAX];

	log_format(line, &record);
	if (!logged)
		report_to_logs(plugin, params, record.verdict, line);
	if (record.verdict == VERDICT_DENY)
		report_to_client(params, line);
}

void
report_refusal(struct plugin *plugin, const sasl_server_params_t *params,
    const char *mechanism, const char *reason)
{
	const struct report report = {
		.at = time(NULL),
		.mechanism = mechanism,
		.refusal = { .reason = reason },
	};

	report_line(plugin, params, &report, false);
}

void
report_verdict(const struct attempt *attempt,
    const sasl_server_params_t *params, const struct facts *facts,
    const struct authority_decision *decision, const struct refusal *refusal,
    enum verdict verdict, time_t at)
{
	const struct report report = {
		.at = at,
		.verdict = verdict,
		.mechanism = facts->login.mechanism,
		.user = attempt->canonical ? &attempt->user : NULL,
		.facts = facts,
		.decision = decision,
		.refusal = *refusal,
	};

	report_line(attempt->decorated->plugin, params, &report,
	    decision->logged &&
	    (decision->policy.verdict == VERDICT_ALLOW) ==
	    (verdict == VERDICT_ALLOW));
}
