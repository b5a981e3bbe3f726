/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The connections of the socket "broker", and the messages of one login there:
 * LOOKUP or PASSWORD, then DECIDE. */

#ifndef VMAUTHZD_WORKER_BROKER_LOGIN_H
#define VMAUTHZD_WORKER_BROKER_LOGIN_H

#include "broker/message.h"
#include "saslauthd-ext/login/attempt_table.h"
#include "saslauthd-ext/login/authorization.h"
#include "saslauthd-ext/worker/service.h"

_Static_assert((int)ATTEMPT_MECHANISM_MAX == (int)BROKER_MECHANISM_MAX,
    "an attempt has room for its mechanism");

/* A connection of the socket "broker". */
struct broker_connection {
	struct connection connection;
	struct attempt_table attempts;
	bool version_logged;		/* that the peer has another one */
};

/* Sends the answer to the request with that id.  Closes the connection if the
 * answer can't be sent at once. */
void broker_reply(struct connection *connection,
    struct broker_message *message, uint32_t id);

/* The same for a code of enum broker_error.  text NULL stands for
 * broker_strerror(). */
void broker_reply_error(struct connection *connection, uint32_t id, int error,
    const char *text);

/* These send the answer to their message: broker_password() after the check,
 * the others before they return. */
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
