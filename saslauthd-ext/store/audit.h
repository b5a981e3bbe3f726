/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Writes audit.db: the record of all decisions, append only (schema/audit.sql).
 * SQLite in WAL mode, in the worker's own folder; one commit a record, which
 * does not wait for the disk.  Not for more than one thread. */

#ifndef VMAUTHZD_STORE_AUDIT_H
#define VMAUTHZD_STORE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/decision.h"
#include "saslauthd-ext/config/config.h"

struct audit;

/* Texts may be NULL (unknown); times are Unix milliseconds, UTC. */
enum audit_session_event { AUDIT_SESSION_BEGIN, AUDIT_SESSION_END };

struct audit_session {
	int64_t at;
	enum audit_session_event event;
	uint64_t session;
	const char *user, *vm, *service, *client;
	const char *reason;		/* of an end: "closed", "VM ended", … */
};

enum audit_ticket_event {
	AUDIT_TICKET_ISSUED,
	AUDIT_TICKET_USED,
	AUDIT_TICKET_LAPSED,
};

struct audit_ticket {
	int64_t at;
	enum audit_ticket_event event;
	int64_t ticket;
	const char *user, *vm;
	const char *client;		/* used from; issued: for */
	const char *by;			/* account that issued it */
};

/* An event of the daemon itself: it started, stopped, reloaded, … */
struct audit_event {
	int64_t at;
	const char *what;
	const char *detail;
};

/* Opens or makes audit.db in config->state.  A damaged file is renamed to
 * audit-damaged-YYYYMMDDTHHMMSSZ.db, and a new one made; audit_detail() and an
 * event in the new file name it.  Returns 0 or an error of base/error.h.
 * Unless that is ERROR_MEMORY, *audit_r can be used all the same: each record
 * tries to open the file again.  A thread is started, which waits for the
 * disk. */
int audit_open(struct audit **audit_r, const struct config *config);
void audit_close(struct audit **audit);

/* Applies the limits of a new configuration.  The folder is not changed. */
void audit_configure(struct audit *audit, const struct config *config);

/* Each writes one record.  The file is rotated first if that is due and no
 * other process has it open.  Returns 0, or an error with audit_detail() set:
 * nothing was written, and a later call may succeed.  Texts are escaped and
 * cut, as audit_text() does. */
int audit_decision(struct audit *audit, const struct decision_record *record);
int audit_session(struct audit *audit, const struct audit_session *session);
int audit_ticket(struct audit *audit, const struct audit_ticket *ticket);
int audit_event(struct audit *audit, const struct audit_event *event);

/* The error of the last call, or "".  Valid until the next one. */
const char *audit_detail(const struct audit *audit);

#endif
