/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/mux_service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "saslauthd-ext/worker/mux.h"
#include "saslauthd-ext/login/password_check.h"

/* seconds without data; a request of libsasl2 fits one packet */
enum { MUX_TIMEOUT = 5 };

struct mux_connection {
	struct connection connection;
	size_t used;
	unsigned char data[MUX_REQUEST_MAX + 1];	/* 1: to see too much */
	struct mux_request request;
	char user[2 * MUX_TEXT_MAX + 2];	/* login@realm */
	struct login login;
};

/* libsasl2 reads one answer and closes.  An error of send(2) is ignored: the
 * decision is recorded, and a client that has gone needs no answer. */
static void
mux_reply(struct connection *connection, bool allowed)
{
	unsigned char out[MUX_ANSWER_MAX];
	size_t size = mux_answer(out, allowed ? "OK" : "NO");

	send(connection->fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	connection_close(connection);
}

static void
mux_refuse(struct connection *connection, const char *why)
{
	authorization_refuse(connection_daemon(connection), &connection->asker,
	    why);
	mux_reply(connection, false);
}

static void
mux_password_cb(void *context, const struct password_answer *result)
{
	struct mux_connection *mux = context;
	struct connection *connection = &mux->connection;
	struct attempt_result attempt;
	struct outcome outcome;

	if (result == NULL || !connection_release(connection))
		return;
	attempt = (struct attempt_result){
		.proved = result->right,
		.refusal = result->right ? NULL : result->reason,
		.counted = result->counted,
		.ticket = result->ticket,
	};
	authorize(connection_daemon(connection), &mux->login, &attempt,
	    &outcome);
	mux_reply(connection, outcome.allowed);
}

/* Joins the login and the realm again: libsasl2 sends the part behind the last
 * '@' as the realm, or the application's realm if there is none. */
static int
mux_parse_login(struct mux_connection *mux)
{
	const struct mux_request *request = &mux->request;
	const struct connection *connection = &mux->connection;
	const char *realm = request->realm;
	const struct request_login what = {
		.request = {
			.service = request->service[0] != '\0' ?
			    request->service : NULL,
			.local_asked = true,
		},
	};

	snprintf(mux->user, sizeof(mux->user), "%s%s%s", request->login,
	    realm[0] != '\0' ? "@" : "", realm);
	return login_parse(&mux->login, connection_daemon(connection)->config,
	    &connection->asker, mux->user, &what);
}

static void
mux_serve(struct mux_connection *mux)
{
	struct connection *connection = &mux->connection;

	event_del(connection->event);	/* the one request is complete */
	if (!connection->user ||
	    connection->asker.machine.source == MACHINE_UNKNOWN ||
	    !peer_alive(&connection->asker.peer)) {
		mux_refuse(connection, "the process that asks is no known VM");
	} else if (mux_parse_login(mux) != ERROR_NONE) {
		mux_refuse(connection, error_text(ERROR_NAME));
	} else {
		connection_hold(connection);
		password_check(connection_daemon(connection), &mux->login,
		    mux->request.password, mux_password_cb, mux);
	}
}

static void
mux_readable_cb(struct connection *connection)
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
		mux_serve(mux);
		return;
	case MUX_MALFORMED:
		break;
	}
	mux_refuse(connection, "not a request of saslauthd's protocol");
}

static void
mux_late_cb(struct connection *connection)
{
	mux_refuse(connection, "the request did not come in time");
}

const struct service_kind mux_service = {
	.name = "mux",
	.size = sizeof(struct mux_connection),
	.per_vm = 256,
	.timeout = MUX_TIMEOUT,
	.readable = mux_readable_cb,
	.late = mux_late_cb,
};
