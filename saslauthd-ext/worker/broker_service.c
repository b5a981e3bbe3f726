/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/broker_service.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "base/clock.h"
#include "broker/message.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/session.h"
#include "saslauthd-ext/login/ticket_service.h"
#include "saslauthd-ext/worker/broker_login.h"

/* read from one connection before the others get their turn */
enum { BROKER_PACKETS_AT_ONCE = 2 };

static void
broker_session_end_cb(void *context, const struct session *session)
{
	audit_event_session(context, session, "closed");
}

/* --- packets ------------------------------------------------------------- */

/* Whether the peer is a known VM, and still lives: its connection may outlive
 * it in another process, which inherited the descriptor. */
static bool
broker_knows_vm(const struct connection *connection)
{
	const struct asker *asker = &connection->asker;

	if (connection->user && asker->machine.source != MACHINE_UNKNOWN &&
	    peer_alive(&asker->peer))
		return true;
	daemon_log(connection_daemon(connection), LOG_NOTICE,
	    "vmauthzd: broker: process %ld is no known VM",
	    (long)asker->peer.pid);
	return false;
}

/* Serves the messages that only a VM may send. */
static void
broker_serve_vm(struct connection *connection,
    const struct broker_message *message, const unsigned char *packet,
    size_t size)
{
	struct daemon *daemon = connection_daemon(connection);
	struct login login;

	if (!broker_knows_vm(connection)) {
		if (message->type != BROKER_END)
			broker_reply_error(connection, message->id,
			    BROKER_E_FORBIDDEN,
			    "vmauthzd does not know which VM this is");
		return;
	}
	if (message->type == BROKER_END) {
		session_channel_end(&daemon->state, message->session,
		    &connection->asker.peer, broker_session_end_cb, daemon);
		return;
	}
	if (login_parse(&login, daemon->config, &connection->asker,
	    message->user, &message->login) != ERROR_NONE)
		broker_reply_error(connection, message->id, BROKER_E_VALUE,
		    NULL);
	else if (message->type == BROKER_LOOKUP)
		broker_lookup(connection, message, &login);
	else if (message->type == BROKER_PASSWORD)
		broker_password(connection, message, packet, size);
	else
		broker_decide(connection, message, &login);
}

static void
broker_issue(struct connection *connection,
    const struct broker_message *message)
{
	struct broker_message answer = { .type = BROKER_ISSUED };
	int64_t id = 0;
	int error;

	error = !connection->operator ||
	    !peer_alive(&connection->asker.peer) ? BROKER_E_FORBIDDEN :
	    ticket_service_issue(connection_daemon(connection),
	    &connection->asker.peer, message, &id);
	answer.ticket_id = (uint64_t)id;
	if (error != 0)
		broker_reply_error(connection, message->id, error, NULL);
	else
		broker_reply(connection, &answer, message->id);
}

/* Logs once for each connection, and once a second for all of them: a client
 * that connects again and again must not fill the log. */
static void
broker_log_version(struct connection *connection, const char *text)
{
	struct broker_connection *broker =
	    (struct broker_connection *)connection;
	struct daemon *daemon = connection_daemon(connection);
	const struct asker *asker = &connection->asker;
	int64_t now = clock_boot_seconds();
	char line[LOG_LINE_MAX], head[BROKER_VERSION_TEXT_MAX + 32], pid[24];
	const struct log_field fields[] = {
		{ "vm", asker->machine.name[0] != '\0' ? asker->machine.name :
		    NULL },
		{ "pid", pid },
	};

	if (broker->version_logged || now == daemon->version_logged)
		return;
	broker->version_logged = true;
	daemon->version_logged = now;
	snprintf(pid, sizeof(pid), "%ld", (long)asker->peer.pid);
	snprintf(head, sizeof(head), "vmauthzd: broker: %s", text);
	log_format_fields(line, head, fields,
	    sizeof(fields) / sizeof(fields[0]));
	log_send(&daemon->log, LOG_WARNING, line);
}

/* Answers with the peer's version, in which ERROR has the same form, so that
 * the peer's log has the sentence, too.  END has no answer in any version. */
static void
broker_refuse_version(struct connection *connection,
    const struct broker_message *message)
{
	char text[BROKER_VERSION_TEXT_MAX];
	struct broker_message answer = {
		.version = message->version,
		.type = BROKER_ERROR,
		.error = BROKER_E_VERSION,
		.text = text,
	};

	broker_version_text(text, BROKER_VERSION, message->version,
	    message->type);
	broker_log_version(connection, text);
	if (message->type != BROKER_END)
		broker_reply(connection, &answer, message->id);
}

static void
broker_serve(struct connection *connection, const unsigned char *packet,
    size_t size)
{
	struct broker_message message;
	int error = broker_decode(&message, packet, size);

	if (error == BROKER_E_VERSION) {
		broker_refuse_version(connection, &message);
		return;
	}
	if (error != 0) {
		broker_reply_error(connection, message.id, error, NULL);
		return;
	}
	switch (message.type) {
	case BROKER_LOOKUP:
	case BROKER_PASSWORD:
	case BROKER_DECIDE:
	case BROKER_END:
		broker_serve_vm(connection, &message, packet, size);
		return;
	case BROKER_TICKET:
		broker_issue(connection, &message);
		return;
	default:
		broker_reply_error(connection, message.id, BROKER_E_MALFORMED,
		    NULL);
	}
}

static void
broker_readable_cb(struct connection *connection)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	ssize_t got;

	/* an answer below may close the connection: its memory has to stay
	 * until the loop has looked */
	connection_hold(connection);
	for (int i = 0; connection->fd >= 0 && i < BROKER_PACKETS_AT_ONCE;
	    i++) {
		got = recv(connection->fd, packet, sizeof(packet),
		    MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0)
			connection_close(connection);
		else if ((size_t)got > sizeof(packet))
			broker_reply_error(connection, 0, BROKER_E_MALFORMED,
			    NULL);
		else
			broker_serve(connection, packet, (size_t)got);
		/* it may hold a password */
		OPENSSL_cleanse(packet, sizeof(packet));
	}
	connection_release(connection);
}

const struct service_kind broker_service = {
	.name = "broker",
	.size = sizeof(struct broker_connection),
	.per_vm = 8,
	.readable = broker_readable_cb,
};
