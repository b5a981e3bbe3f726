/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What a login came to, told to the logs. */

#ifndef VMAUTHZ_PLUGIN_REPORT_H
#define VMAUTHZ_PLUGIN_REPORT_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <time.h>

#include "plugin/facts.h"

struct report {
	time_t at;
	enum verdict verdict;
	const char *mechanism;		/* NULL: none of ours */
	const struct facts *facts;	/* NULL: nobody has looked */
	const struct authority_decision *decision;	/* NULL: none */
	const char *refusal;		/* the plugin's own, which is the
					 * reason; NULL: the decision has it */
	const char *detail;		/* of the refusal, or NULL */
};

/* Sends the decision's line to the SASL log, syslog, and (a refusal) to the
 * connection's error text, which ends up in QEMU's own log.  A decision that
 * whoever made it has logged, and that stands, goes to the error text alone. */
void report_decision(struct plugin *plugin,
    const sasl_server_params_t *params, const struct report *report);

#endif
