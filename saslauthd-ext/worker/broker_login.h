/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The messages of one login on the socket "broker": LOOKUP or PASSWORD, then
 * DECIDE.  Each call sends the answer to its message: broker_password() after
 * the check, the others before they return. */

#ifndef VMAUTHZD_WORKER_BROKER_LOGIN_H
#define VMAUTHZD_WORKER_BROKER_LOGIN_H

#include "broker/message.h"
#include "saslauthd-ext/login/authorization.h"
#include "saslauthd-ext/worker/service.h"

void broker_lookup(struct connection *connection,
    const struct broker_message *message, const struct login *login);

/* packet holds the size octets that message was decoded from.  It is copied, so
 * that the caller may wipe it at once. */
void broker_password(struct connection *connection,
    const struct broker_message *message, const unsigned char *packet,
    size_t size);

void broker_decide(struct connection *connection,
    const struct broker_message *message, const struct login *login);

#endif
