/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Records events other than decisions in the audit database and, as one line
 * each, in the system's log. */

#ifndef VMAUTHZD_LOGIN_AUDIT_EVENT_H
#define VMAUTHZD_LOGIN_AUDIT_EVENT_H

#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/login/session.h"

/* Each records an event at the current time.  A failure of the audit database
 * is logged, and the line is logged all the same: these events have happened
 * already and can't be refused. */

/* Records the begin of a session, or its end with the reason that struct
 * audit_session describes; NULL: the begin. */
void audit_event_session(struct daemon *daemon, const struct session *session,
    const char *reason);

/* Sets record->at. */
void audit_event_ticket(struct daemon *daemon, struct audit_ticket *record);

void audit_event_daemon(struct daemon *daemon, const char *what,
    const char *detail);

#endif
