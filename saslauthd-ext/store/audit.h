/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* audit.db: what was decided, append only.  SQLite in WAL mode, in a folder
 * that is the worker's own; one commit a record, which waits for no disk. */

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

/* The daemon's own life: started, stopped, reloaded, … */
struct audit_event {
	int64_t at;
	const char *what;
	const char *detail;
};

/* Opens, or makes, audit.db in config->state; a damaged one is put aside as
 * audit-damaged-YYYYMMDDTHHMMSSZ.db and a new one begun, as audit_detail() and
 * an event in it say.  Returns 0 or an error of base/error.h; unless that is
 * ERROR_MEMORY, *audit_r can be used all the same: records try to open it
 * again.  It starts a thread, which waits for the disk. */
int audit_open(struct audit **audit_r, const struct config *config);
void audit_close(struct audit **audit);
/* Takes new limits; the folder stays what it was. */
void audit_configure(struct audit *audit, const struct config *config);

/* Each writes one record, rotating first if that is due and nobody has the
 * file open.  Returns 0, or an error with audit_detail() set: nothing was
 * written.  Another try may succeed later.  A text may be anything; what
 * schema/audit.sql says is stored of it. */
int audit_decision(struct audit *audit, const struct decision_record *record);
int audit_session(struct audit *audit, const struct audit_session *session);
int audit_ticket(struct audit *audit, const struct audit_ticket *ticket);
int audit_event(struct audit *audit, const struct audit_event *event);
/* "" after a call that has nothing to tell. */
const char *audit_detail(const struct audit *audit);

#endif
