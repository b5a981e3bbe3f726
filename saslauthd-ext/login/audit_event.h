/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What happens besides decisions, told to the audit database and, as one line
 * each, to the system's log. */

#ifndef VMAUTHZD_LOGIN_AUDIT_EVENT_H
#define VMAUTHZD_LOGIN_AUDIT_EVENT_H

#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/login/session.h"

/* The present is filled in as the time.  What the audit database can't take is
 * said in the log, where the line goes all the same. */
void audit_event_session(struct daemon *daemon, struct audit_session *record);
void audit_event_ticket(struct daemon *daemon, struct audit_ticket *record);
void audit_event_daemon(struct daemon *daemon, const char *what, const char *detail);

/* The end of a session. */
void audit_event_session_end(struct daemon *daemon, const struct session *session,
    const char *reason);

#endif
