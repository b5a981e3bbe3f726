/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Issuing tickets, and noticing that they lapse. */

#ifndef VMAUTHZD_LOGIN_TICKET_SERVICE_H
#define VMAUTHZD_LOGIN_TICKET_SERVICE_H

#include "broker/message.h"
#include "saslauthd-ext/login/daemon.h"

/* Issues what the message (BROKER_TICKET) asks for, if the policy knows user
 * and VM.  Returns 0 or an error of enum broker_error. */
int ticket_service_issue(struct daemon *daemon, const struct peer *by,
    const struct broker_message *message, int64_t *id_r);

/* Records what has lapsed since the last call. */
void ticket_service_expire(struct daemon *daemon);

#endif
