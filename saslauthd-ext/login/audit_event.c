/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/clock.h"
#include "saslauthd-ext/login/audit_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

enum { AUDIT_EVENT_NUMBER_MAX = 24 };	/* 64 bits in decimal, a sign and NUL */

/* CRIT, and before the line of the event: the log is the only record of it. */
static void
audit_event_check(struct daemon *daemon, int rc)
{
	if (rc != ERROR_NONE)
		daemon_log(daemon, LOG_CRIT, "vmauthzd: what follows is not in "
		    "the audit database: %s", audit_detail(daemon->audit));
}

static void
audit_event_log(struct daemon *daemon, const char *head,
    const struct log_field *fields, size_t count)
{
	char line[LOG_LINE_MAX];

	log_format_fields(line, head, fields, count);
	log_send(&daemon->log, LOG_INFO, line);
}

void
audit_event_session(struct daemon *daemon, const struct session *session,
    const char *reason)
{
	char number[AUDIT_EVENT_NUMBER_MAX];
	const struct log_field fields[] = {
		{ "user", session->user },
		{ "vm", session->vm },
		{ "service", session->service },
		{ "client", session->client },
		{ "session", number },
		{ "reason", reason },
	};
	const struct audit_session record = {
		.at = clock_unix_ms(),
		.event = reason == NULL ? AUDIT_SESSION_BEGIN :
		    AUDIT_SESSION_END,
		.session = session->id,
		.user = session->user,
		.vm = session->vm,
		.service = session->service,
		.client = session->client,
		.reason = reason,
	};

	audit_event_check(daemon, audit_session(daemon->audit, &record));
	snprintf(number, sizeof(number), "%" PRIu64, session->id);
	/* the reason, which comes last, is that of an end */
	audit_event_log(daemon, reason == NULL ? "session begin" :
	    "session end", fields, reason == NULL ? 5 : 6);
}

void
audit_event_ticket(struct daemon *daemon, struct audit_ticket *record)
{
	static const char *const heads[] = {
		[AUDIT_TICKET_ISSUED] = "ticket issued",
		[AUDIT_TICKET_USED] = "ticket used",
		[AUDIT_TICKET_LAPSED] = "ticket lapsed",
	};
	char number[AUDIT_EVENT_NUMBER_MAX];
	const struct log_field fields[] = {
		{ "user", record->user },
		{ "vm", record->vm },
		{ "client", record->client },
		{ "ticket", number },
		{ "issued_by", record->by },
	};

	record->at = clock_unix_ms();
	audit_event_check(daemon, audit_ticket(daemon->audit, record));
	snprintf(number, sizeof(number), "%" PRId64, record->ticket);
	/* the login that uses a ticket does not know who issued it */
	audit_event_log(daemon, heads[record->event], fields,
	    record->by != NULL ? 5 : 4);
}

void
audit_event_daemon(struct daemon *daemon, const char *what, const char *detail)
{
	const struct audit_event record = {
		.at = clock_unix_ms(),
		.what = what,
		.detail = detail,
	};

	audit_event_check(daemon, audit_event(daemon->audit, &record));
	daemon_log(daemon, LOG_NOTICE, "vmauthzd: %s%s%s", what,
	    detail != NULL ? ": " : "", detail != NULL ? detail : "");
}
