/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/report.h"

#include <syslog.h>

/* The one place where the plugin fills a record. */
static void
report_fill(const struct plugin *plugin, const sasl_server_params_t *params,
    const struct report *report, struct decision_record *record_r)
{
	static const struct authority_decision none;
	const struct authority_decision *decision =
	    report->decision != NULL ? report->decision : &none;
	bool ours = report->refusal != NULL;

	*record_r = (struct decision_record){
		.at = (int64_t)report->at * 1000,
		.verdict = report->verdict,
		.vm = decision->policy.vm[0] != '\0' ? decision->policy.vm :
		    plugin_vm(plugin, params).name,
		.service = params->service,
		.client = params->ipremoteport,
		.mechanism = report->mechanism,
		.grant = ours ? 0 : decision->policy.grant,
		.revision = decision->policy.revision,
		.session = (int64_t)decision->session,
		.reason = ours ? report->refusal : decision->reason,
		.detail = ours ? report->detail : decision->detail,
	};
	if (report->facts != NULL) {
		const struct request *request = &report->facts->login.request;

		record_r->user = request->user != NULL ? request->user->text :
		    NULL;
		record_r->certificate = request->certificate;
		record_r->local = request->local;
		record_r->local_user = request->local_user;
	}
}

static bool
report_is_logged(const struct report *report)
{
	return report->decision != NULL && report->decision->logged &&
	    (report->decision->policy.verdict == VERDICT_ALLOW) ==
	    (report->verdict == VERDICT_ALLOW);
}

static void
report_log(struct plugin *plugin, const sasl_server_params_t *params,
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
	/* libsasl2's own log is syslog(3), which may wait: only if wanted */
	if (params->log_level >= level)
		params->utils->log(params->utils->conn, level, "%s", line);
}

void
report_decision(struct plugin *plugin, const sasl_server_params_t *params,
    const struct report *report)
{
	bool logged = report_is_logged(report);
	struct decision_record record;
	char line[LOG_LINE_MAX];

	if (logged && report->verdict != VERDICT_DENY)
		return;
	report_fill(plugin, params, report, &record);
	log_format(line, &record);
	if (!logged)
		report_log(plugin, params, report->verdict, line);
	if (report->verdict == VERDICT_DENY)
		params->utils->seterror(params->utils->conn, SASL_NOLOG, "%s",
		    line);
}
