/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/broker_connection.h"

#include <openssl/crypto.h>
#include <sys/socket.h>

void
broker_reply(struct connection *connection, struct broker_message *message,
    uint32_t id)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size;

	message->id = id;
	size = broker_encode(packet, message);
	/* never waits: one peer that does not read its answers would stop the
	 * worker's one thread, and so all others */
	if (size == 0 || send(connection->fd, packet, size,
	    MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
		connection_close(connection);
	OPENSSL_cleanse(packet, sizeof(packet));
}

void
broker_reply_error(struct connection *connection, uint32_t id, int error,
    const char *text)
{
	struct broker_message message = {
		.type = BROKER_ERROR,
		.error = (uint16_t)error,
		.text = text != NULL ? text : broker_strerror(error),
	};

	broker_reply(connection, &message, id);
}
