/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/mux_service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "base/clock.h"
#include "saslauthd-ext/worker/mux.h"
#include "saslauthd-ext/login/password_check.h"

enum { PATIENCE = 5 };		/* seconds for a request that fits a packet */

struct mux_connection {
	struct connection connection;
	size_t used;
	unsigned char data[MUX_REQUEST_MAX + 1];
	struct mux_request request;
	char user[2 * MUX_TEXT_MAX + 2];	/* login@realm */
	struct broker_login what;
	struct login login;
};

/* libsasl2 reads one answer and goes; who has gone before misses nothing. */
static void
answer(struct connection *connection, bool allowed)
{
	unsigned char out[MUX_ANSWER_MAX];
	size_t size = mux_answer(out, allowed ? "OK" : "NO");

	send(connection->fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	connection_close(connection);
}

static void
refuse(struct connection *connection, const char *why)
{
	const struct log_decision line = {
		.vm = connection->asker.machine.name[0] != '\0' ?
		    connection->asker.machine.name : NULL,
		.vm_source = machine_source_name(
		    connection->asker.machine.source),
		.at = clock_unix_ms() / 1000,
		.reason = why,
	};
	char text[LOG_LINE_MAX];

	log_format(text, &line);
	daemon_log(connection_daemon(connection), LOG_NOTICE, "%s", text);
	answer(connection, false);
}

static void
on_password(void *context, const struct password_answer *result)
{
	struct mux_connection *mux = context;
	struct connection *connection = &mux->connection;
	const struct attempt attempt = {
		.proved = result->right,
		.refusal = result->right ? NULL : result->reason,
		.counted = result->counted,
		.ticket = result->ticket,
	};
	struct outcome outcome;

	if (!connection_release(connection))
		return;
	authorize(connection_daemon(connection), &mux->login, &attempt,
	    &outcome);
	answer(connection, outcome.allowed);
}

/* libsasl2 sends what is behind the last '@' as the realm, and else the one
 * that the application names, or none. */
static int
understand(struct mux_connection *mux)
{
	const struct mux_request *request = &mux->request;
	const struct connection *connection = &mux->connection;
	const char *realm = request->realm;

	snprintf(mux->user, sizeof(mux->user), "%s%s%s", request->login,
	    realm[0] != '\0' ? "@" : "", realm);
	mux->what = (struct broker_login){
		.user = mux->user,
		.service = request->service[0] != '\0' ? request->service :
		    NULL,
		.local_asked = true,
	};
	return login_parse(&mux->login, connection_daemon(connection)->config,
	    &connection->asker, &mux->what);
}

static void
serve(struct mux_connection *mux)
{
	struct connection *connection = &mux->connection;

	event_del(connection->event);	/* one request, and all of it is here */
	if (!connection->user ||
	    connection->asker.machine.source == MACHINE_UNKNOWN ||
	    !peer_alive(&connection->asker.peer)) {
		refuse(connection, "the process that asks is no known VM");
	} else if (understand(mux) != ERROR_NONE) {
		refuse(connection, error_text(ERROR_NAME));
	} else {
		connection_hold(connection);
		password_check(connection_daemon(connection), &mux->login,
		    mux->request.password, on_password, mux);
	}
}

static void
readable(struct connection *connection)
{
	struct mux_connection *mux = (struct mux_connection *)connection;
	ssize_t got = recv(connection->fd, mux->data + mux->used,
	    sizeof(mux->data) - mux->used, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		connection_close(connection);
		return;
	}
	mux->used += (size_t)got;
	switch (mux_parse(&mux->request, mux->data, mux->used)) {
	case MUX_MORE:
		return;
	case MUX_COMPLETE:
		serve(mux);
		return;
	case MUX_MALFORMED:
		break;
	}
	refuse(connection, "not a request of saslauthd's protocol");
}

static void
late(struct connection *connection)
{
	refuse(connection, "the request did not come in time");
}

const struct service_kind mux_service = {
	.name = "mux",
	.size = sizeof(struct mux_connection),
	.per_vm = 256,
	.patience = PATIENCE,
	.readable = readable,
	.late = late,
};
