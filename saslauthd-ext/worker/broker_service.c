/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/broker_service.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>

#include "base/clock.h"
#include "broker/message.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/session.h"
#include "saslauthd-ext/login/ticket.h"
#include "saslauthd-ext/login/ticket_service.h"
#include "scram/decoy.h"
#include "scram/scram.h"

enum {
	MECHANISM_MAX = 31,	/* octets of a name that is remembered */
	HANDED_MAX = 128,	/* answers that a decision may follow */
	PENDING_MAX = 16,	/* passwords at once, of a connection */
	PACKETS_AT_ONCE = 2,	/* then others get their turn */
};

/* A ticket, or failures, may be lost with what was handed. */
static const char not_begun[] =
    "vmauthzd was not asked before, or was restarted meanwhile";

/* By a plugin that has waited for vmauthz_broker_timeout. */
static const char not_awaited[] =
    "the answer came when nobody waited for it any more";

/* What an authentication came to on our side, until the decision about it is
 * asked for: which the process that asks is not told. */
struct handed {
	char user[IDENTITY_MAX + 1];
	char client[PAM_ADDRESS_MAX + 1];
	char mechanism[MECHANISM_MAX + 1];
	struct attempt attempt;
};

struct broker_connection {
	struct connection connection;
	struct handed handed[HANDED_MAX];
	size_t next_handed;
};

static void
reply(struct connection *connection, struct broker_message *message,
    uint32_t id)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size;

	message->id = id;
	size = broker_encode(packet, message);
	/* who asks and does not read has no answer coming */
	if (size == 0 || send(connection->fd, packet, size,
	    MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
		connection_close(connection);
	OPENSSL_cleanse(packet, sizeof(packet));
}

static void
reply_error(struct connection *connection, uint32_t id, int error,
    const char *text)
{
	struct broker_message message = {
		.type = BROKER_ERROR,
		.error = (uint16_t)error,
		.text = text != NULL ? text : broker_strerror(error),
	};

	reply(connection, &message, id);
}

/* --- from an authentication to its decision ------------------------------------- */

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void
hand(struct broker_connection *broker, const struct login *login,
    const struct attempt *attempt)
{
	struct handed *handed =
	    &broker->handed[broker->next_handed++ % HANDED_MAX];

	strcpy(handed->user, login->user.text);
	strcpy(handed->client, or_empty(login->what->client));
	snprintf(handed->mechanism, sizeof(handed->mechanism), "%s",
	    or_empty(login->what->mechanism));
	handed->attempt = *attempt;
}

/* Takes back what the newest authentication of that user from there came to. */
static bool
take_handed(struct broker_connection *broker, const struct login *login,
    struct attempt *attempt_r)
{
	const struct broker_login *what = login->what;

	for (size_t i = 0; i < HANDED_MAX; i++) {
		struct handed *handed = &broker->handed[
		    (broker->next_handed - 1 - i) % HANDED_MAX];

		if (handed->user[0] == '\0' ||
		    strcmp(handed->user, login->user.text) != 0 ||
		    strcmp(handed->client, or_empty(what->client)) != 0 ||
		    strncmp(handed->mechanism, or_empty(what->mechanism),
		    MECHANISM_MAX) != 0)
			continue;
		*attempt_r = handed->attempt;
		handed->user[0] = '\0';
		return true;
	}
	return false;
}

/* --- LOOKUP ------------------------------------------------------------------------ */

static bool
vouched(const struct config *config, const struct identity *user)
{
	const struct config_realm *realm = config_realm(config,
	    identity_realm(user));

	return realm != NULL && realm->source == SOURCE_POLICY;
}

/* Whether he is to get a verifier that he can succeed with; if he has guessed
 * too often, the attempt says so. */
static bool
is_welcome(struct daemon *daemon, const struct login *login,
    struct attempt *attempt)
{
	const struct throttle_key guess = {
		.user = login->user.text,
		.client = login->what->client,
		.now = clock_unix_ms() / 1000,
	};
	bool locked = throttle_locked(&daemon->state, daemon->config, &guess);
	struct judgement judgement;

	if (locked) {
		attempt->refusal = throttle_locked_reason;
		attempt->counted = true;
	}
	authorize_ask(daemon, login, &judgement);
	return authorize_hopeful(&judgement) && !locked;
}

/* A ticket that waits comes before his own verifier: SCRAM has room for one.
 * For everybody the same is looked up and made. */
static int
choose_verifier(struct daemon *daemon, const struct login *login,
    struct attempt *attempt, struct verifier *verifier_r)
{
	const char *mechanism = login->what->mechanism;
	const struct ticket_use use = {
		.user = login->user.text,
		.vm = login->asker->machine.name,
		.client = login->what->client,
		.now = clock_unix_ms() / 1000,
	};
	bool welcome = is_welcome(daemon, login, attempt);
	struct verifier ticket;
	struct policy_lookup lookup;
	int rc;

	rc = policy_lookup(daemon->policy, &login->user, mechanism, &lookup);
	if (rc == ERROR_NONE)
		rc = decoy_make(&lookup.decoy, &login->user, mechanism, verifier_r);
	ticket_find(&daemon->state, &use, mechanism,
	    daemon->config->session_window, &attempt->ticket, &ticket);
	if (!welcome)
		attempt->ticket = 0;
	else if (attempt->ticket != 0)
		*verifier_r = ticket;
	else if (lookup.found && vouched(daemon->config, &login->user))
		*verifier_r = lookup.verifier;
	OPENSSL_cleanse(&lookup, sizeof(lookup));
	OPENSSL_cleanse(&ticket, sizeof(ticket));
	return rc;
}

static void
lookup(struct connection *connection, const struct broker_message *message,
    const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct broker_message answer = { .type = BROKER_VERIFIER };
	struct attempt attempt = { .proved = false };

	if (message->login.mechanism == NULL ||
	    scram_key_size(message->login.mechanism) == 0)
		reply_error(connection, message->id, BROKER_E_VALUE,
		    "no verifiers for that mechanism");
	else if (choose_verifier(daemon, login, &attempt,
	    &answer.verifier) != ERROR_NONE)
		reply_error(connection, message->id, BROKER_E_POLICY, NULL);
	else {
		hand((struct broker_connection *)connection, login, &attempt);
		reply(connection, &answer, message->id);
	}
	OPENSSL_cleanse(&answer, sizeof(answer));
}

/* --- PASSWORD ---------------------------------------------------------------------- */

/* A question whose answer takes its time; a copy of what it was about. */
struct question {
	struct connection *connection;
	uint32_t id;
	struct login login;
	struct broker_message message;
	unsigned char packet[BROKER_MESSAGE_MAX];
};

static void
on_password(void *context, const struct password_answer *result)
{
	struct question *question = context;
	struct connection *connection = question->connection;
	struct broker_message answer = {
		.type = BROKER_RESULT,
		.right = result->right,
	};
	struct attempt attempt = {
		.proved = false,
		.refusal = result->right ? NULL : result->reason,
		.counted = result->counted,
		.ticket = result->ticket,
	};
	struct outcome outcome;

	/* QEMU has refused by itself; that is no guess, but a record */
	if (connection->fd < 0 && result->right) {
		attempt.refusal = not_awaited;
		attempt.counted = true;
	}
	if (connection->fd < 0 || !result->right) {
		authorize(connection_daemon(connection), &question->login,
		    &attempt, &outcome);
		attempt.recorded = true;
	}
	if (connection_release(connection)) {
		hand((struct broker_connection *)connection, &question->login,
		    &attempt);
		reply(connection, &answer, question->id);
	}
	OPENSSL_cleanse(question, sizeof(*question));
	free(question);
}

/* The packet is decoded once more, for the copy to live on. */
static struct question *
copy_question(struct connection *connection, const unsigned char *packet,
    size_t size)
{
	struct question *question = calloc(1, sizeof(*question));

	if (question == NULL)
		return NULL;
	question->connection = connection;
	memcpy(question->packet, packet, size);
	if (broker_decode(&question->message, question->packet, size) == 0 &&
	    login_parse(&question->login,
	    connection_daemon(connection)->config, &connection->asker,
	    &question->message.login) == ERROR_NONE) {
		question->id = question->message.id;
		return question;
	}
	free(question);
	return NULL;
}

static void
password(struct connection *connection, const struct broker_message *message,
    const unsigned char *packet, size_t size)
{
	struct question *question;

	if (connection->pending >= PENDING_MAX) {
		reply_error(connection, message->id, BROKER_E_BUSY, NULL);
		return;
	}
	question = copy_question(connection, packet, size);
	if (question == NULL) {
		reply_error(connection, message->id, BROKER_E_BUSY, NULL);
		return;
	}
	connection_hold(connection);
	password_check(connection_daemon(connection), &question->login,
	    question->message.password != NULL ? question->message.password :
	    "", on_password, question);
}

/* --- DECIDE and END ------------------------------------------------------------------ */

/* Whether a login by that mechanism asks for a verifier, or about a password,
 * before it is decided. */
static bool
begins_here(const char *mechanism)
{
	return mechanism != NULL && (scram_key_size(mechanism) != 0 ||
	    strcmp(mechanism, "PLAIN") == 0 ||
	    strcmp(mechanism, "LOGIN") == 0);
}

static void
decide(struct connection *connection, const struct broker_message *message,
    const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct broker_connection *broker =
	    (struct broker_connection *)connection;
	struct broker_message answer = { .type = BROKER_DECISION };
	struct attempt attempt = { .proved = false };
	struct outcome outcome;
	bool was_handed = take_handed(broker, login, &attempt);

	if (attempt.recorded && !message->proved) {
		reply(connection, &answer, message->id);
		return;
	}
	attempt.proved = message->proved && !attempt.recorded &&
	    attempt.refusal == NULL;
	if (message->refusal != NULL)
		attempt.refusal = message->refusal;
	else if (!was_handed && begins_here(login->what->mechanism))
		attempt.refusal = not_begun;
	authorize(daemon, login, &attempt, &outcome);
	if (outcome.wants_local_user && was_handed)
		hand(broker, login, &attempt);	/* it will be asked again */
	answer.allowed = outcome.allowed;
	answer.wants_local_user = outcome.wants_local_user;
	answer.session = outcome.session;
	reply(connection, &answer, message->id);
}

static void
on_session_end(void *context, const struct session *session)
{
	audit_event_session_end(context, session, "closed");
}

/* --- packets ------------------------------------------------------------------------ */

static bool
knows_vm(const struct connection *connection)
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

/* What a VM may ask. */
static void
serve_vm(struct connection *connection, const struct broker_message *message,
    const unsigned char *packet, size_t size)
{
	struct daemon *daemon = connection_daemon(connection);
	struct login login;

	if (!knows_vm(connection)) {
		if (message->type != BROKER_END)
			reply_error(connection, message->id, BROKER_E_FORBIDDEN,
			    "vmauthzd does not know which VM this is");
		return;
	}
	if (message->type == BROKER_END) {
		session_channel_end(&daemon->state, message->session,
		    &connection->asker.peer, on_session_end, daemon);
		return;
	}
	if (login_parse(&login, daemon->config, &connection->asker,
	    &message->login) != ERROR_NONE)
		reply_error(connection, message->id, BROKER_E_VALUE, NULL);
	else if (message->type == BROKER_LOOKUP)
		lookup(connection, message, &login);
	else if (message->type == BROKER_PASSWORD)
		password(connection, message, packet, size);
	else
		decide(connection, message, &login);
}

static void
issue(struct connection *connection, const struct broker_message *message)
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
		reply_error(connection, message->id, error, NULL);
	else
		reply(connection, &answer, message->id);
}

static void
serve(struct connection *connection, const unsigned char *packet, size_t size)
{
	struct broker_message message;
	int error = broker_decode(&message, packet, size);

	if (error != 0) {
		reply_error(connection, message.id, error, NULL);
		return;
	}
	switch (message.type) {
	case BROKER_LOOKUP:
	case BROKER_PASSWORD:
	case BROKER_DECIDE:
	case BROKER_END:
		serve_vm(connection, &message, packet, size);
		return;
	case BROKER_TICKET:
		issue(connection, &message);
		return;
	default:
		reply_error(connection, message.id, BROKER_E_MALFORMED, NULL);
	}
}

static void
readable(struct connection *connection)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	ssize_t got;

	connection_hold(connection);
	for (int i = 0; i < PACKETS_AT_ONCE && connection->fd >= 0; i++) {
		got = recv(connection->fd, packet, sizeof(packet),
		    MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got <= 0)
			connection_close(connection);
		else if ((size_t)got > sizeof(packet))
			reply_error(connection, 0, BROKER_E_MALFORMED, NULL);
		else
			serve(connection, packet, (size_t)got);
		OPENSSL_cleanse(packet, sizeof(packet));
	}
	connection_release(connection);
}

const struct service_kind broker_service = {
	.name = "broker",
	.size = sizeof(struct broker_connection),
	.per_vm = 8,
	.readable = readable,
};
