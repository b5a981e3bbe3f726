/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What happens besides decisions, told to the audit database and, as one line
 * each, to the system's log. */

#ifndef VMAUTHZD_RECORD_H
#define VMAUTHZD_RECORD_H

#include "saslauthd-ext/daemon.h"
#include "saslauthd-ext/session.h"

/* The present is filled in as the time.  What the audit database can't take is
 * said in the log, where the line goes all the same. */
void record_session(struct daemon *daemon, struct audit_session *record);
void record_ticket(struct daemon *daemon, struct audit_ticket *record);
void record_event(struct daemon *daemon, const char *what, const char *detail);

/* The end of a session. */
void record_session_end(struct daemon *daemon, const struct session *session,
    const char *reason);

#endif
