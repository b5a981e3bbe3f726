/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A connection to the socket "broker", and answers on it. */

#ifndef VMAUTHZD_WORKER_BROKER_CONNECTION_H
#define VMAUTHZD_WORKER_BROKER_CONNECTION_H

#include "broker/message.h"
#include "saslauthd-ext/login/attempt_table.h"
#include "saslauthd-ext/worker/service.h"

_Static_assert((int)ATTEMPT_MECHANISM_MAX == (int)BROKER_MECHANISM_MAX,
    "an attempt has room for its mechanism");

struct broker_connection {
	struct connection connection;
	struct attempt_table attempts;
	bool told_version;		/* of the other side, to the log */
};

/* Sends the answer to the question with that id.  A peer that does not read
 * its answers is closed. */
void broker_reply(struct connection *connection,
    struct broker_message *message, uint32_t id);

/* The same for a code of enum broker_error; text NULL: the code's sentence. */
void broker_reply_error(struct connection *connection, uint32_t id, int error,
    const char *text);

#endif
