/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Logs the results of logins. */

#ifndef VMAUTHZ_PLUGIN_REPORT_H
#define VMAUTHZ_PLUGIN_REPORT_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "decide/reason.h"
#include "plugin/authority.h"

struct attempt;
struct facts;
struct plugin;

/* Why a login is refused. */
struct refusal {
	const char *reason;	/* static text; NULL: not refused */
	const char *detail;	/* added to the reason, or NULL */
	int64_t grant;		/* that denies; 0: none */
	bool soft;		/* vmauthz_mode observe allows it anyway */
};

/* Logs a login that is refused before its user is known.  mechanism may be
 * NULL. */
void report_refusal(struct plugin *plugin, const sasl_server_params_t *params,
    const char *mechanism, const char *reason);

/* Logs the verdict about a login.  The line goes to syslog and the SASL log,
 * unless the authority has logged the same verdict, and (a refusal) to the
 * connection's error text, which ends up in QEMU's own log. */
void report_verdict(const struct attempt *attempt,
    const sasl_server_params_t *params, const struct facts *facts,
    const struct authority_decision *decision, const struct refusal *refusal,
    enum verdict verdict, time_t at);

#endif
