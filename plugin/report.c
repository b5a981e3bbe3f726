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
	/* libsasl2's own log is syslog(3), which may wait: only if wanted */
	if (params->log_level >= level)
		params->utils->log(params->utils->conn, level, "%s", line);
}

static void
report_line(struct plugin *plugin, const sasl_server_params_t *params,
    const struct log_decision *decision, bool logged)
{
	char line[LOG_LINE_MAX];

	log_format(line, decision);
	if (!logged)
		report_to_logs(plugin, params, decision->outcome, line);
	if (decision->outcome == VERDICT_DENY)
		report_to_client(params, line);
}

void
report_refusal(struct plugin *plugin, const sasl_server_params_t *params,
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

	report_line(plugin, params, &line, false);
}

void
report_verdict(const struct attempt *attempt,
    const sasl_server_params_t *params, const struct facts *facts,
    const struct authority_decision *decision, const struct refusal *refusal,
    enum verdict verdict, time_t at)
{
	const struct request *request = &facts->login.request;
	bool allowed = refusal->reason == NULL;
	struct log_decision line = {
		.outcome = verdict,
		.user = attempt->canonical ? attempt->user.text : NULL,
		.vm = decision->policy.vm[0] != '\0' ? decision->policy.vm :
		    request->vm.name,
		.service = request->service,
		.client = params->ipremoteport,
		.cert_cn = request->certificate.cn,
		.sha256 = request->certificate.sha256,
		.names = request->certificate.names,
		.name_count = request->certificate.name_count,
		.local = request->local,
		.local_user = request->local_user,
		.at = at,
		.mechanism = facts->login.mechanism,
		.grant = allowed ? decision->policy.grant : refusal->grant,
		.reason = allowed ? decision->reason : refusal->reason,
		.detail = allowed ? decision->detail : refusal->detail,
	};

	report_line(attempt->decorated->plugin, params, &line,
	    decision->logged &&
	    (decision->policy.verdict == VERDICT_ALLOW) ==
	    (verdict == VERDICT_ALLOW));
}
