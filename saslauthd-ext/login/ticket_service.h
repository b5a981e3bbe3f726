/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Issues tickets that the broker's operators ask for, and records those that
 * expire unused. */

#ifndef VMAUTHZD_LOGIN_TICKET_SERVICE_H
#define VMAUTHZD_LOGIN_TICKET_SERVICE_H

#include "broker/message.h"
#include "saslauthd-ext/login/daemon.h"

/* Issues the ticket of a BROKER_TICKET message from the operator by, if the
 * policy has its user and VM, and records it.  The message carries verifiers,
 * not the password.  Returns 0, or an error of enum broker_error. */
int ticket_service_issue(struct daemon *daemon, const struct peer *by,
    const struct broker_message *message, int64_t *id_r);

/* Records the tickets that expired since the last call, and deletes them. */
void ticket_service_expire(struct daemon *daemon);

#endif
