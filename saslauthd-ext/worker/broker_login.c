/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/broker_login.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <strings.h>

#include "base/clock.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/ticket.h"
#include "scram/decoy.h"
#include "scram/scram.h"

/* password checks in progress, of one connection */
enum { BROKER_PENDING_MAX = 16 };

/* A plugin closes the connection after vmauthz_broker_timeout. */
static const char answer_too_late[] =
    "the answer came when nobody waited for it any more";

static struct attempt_table *
broker_attempts(struct connection *connection)
{
	return &((struct broker_connection *)connection)->attempts;
}

/* --- answers --- ---------------------------------------------------------- */

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

/* --- LOOKUP -------------------------------------------------------------- */

/* Whether the configuration names the policy as the source of the passwords in
 * the user's realm, and not PAM. */
static bool
broker_realm_uses_verifiers(const struct config *config,
    const struct identity *user)
{
	const struct config_realm *realm = config_realm(config,
	    identity_realm(user));

	return realm != NULL && realm->source == CONFIG_SOURCE_POLICY;
}

/* Whether the user could log in with the right password.  Fills in the attempt
 * if too many wrong passwords lock the user out: the refusal is only given at
 * the decision, so that the client can't see a difference before. */
static bool
broker_may_succeed(struct daemon *daemon, const struct login *login,
    struct attempt_result *attempt)
{
	const struct throttle_key guess = {
		.user = login->user.text,
		.client = login->what.request.client,
		.now = clock_unix_ms() / 1000,
	};
	bool locked = throttle_locked(&daemon->state, daemon->config, &guess);
	struct authorization authorization;

	if (locked) {
		attempt->refusal = throttle_locked_reason;
		attempt->counted = true;
	}
	authorization_evaluate(daemon, login, &authorization);
	return authorization_grantable(&authorization) && !locked;
}

/* Chooses a ticket's verifier, the user's own, or a decoy.  SCRAM has room for
 * one, so an open ticket comes before the user's own.  A user who would be
 * refused anyway gets the decoy: QEMU never holds a verifier that could not let
 * its user in.  All three are looked up or made for every user, so that the
 * time of the answer does not depend on who exists. */
static int
broker_choose_verifier(struct daemon *daemon, const struct login *login,
    struct attempt_result *attempt, struct verifier *verifier_r)
{
	const char *mechanism = login->what.mechanism;
	const struct ticket_use use = {
		.user = login->user.text,
		.vm = login->asker->machine.name,
		.client = login->what.request.client,
		.now = clock_unix_ms() / 1000,
	};
	bool may_succeed = broker_may_succeed(daemon, login, attempt);
	struct verifier ticket;
	struct policy_lookup lookup;
	int rc;

	rc = policy_lookup(daemon->policy, &login->user, mechanism, &lookup);
	if (rc == ERROR_NONE)
		rc = decoy_make(&lookup.decoy, &login->user, mechanism,
		    verifier_r);
	ticket_find(&daemon->state, &use, mechanism,
	    daemon->config->session_window, &attempt->ticket, &ticket);
	if (!may_succeed)
		attempt->ticket = 0;
	else if (attempt->ticket != 0)
		*verifier_r = ticket;
	else if (lookup.found &&
	    broker_realm_uses_verifiers(daemon->config, &login->user))
		*verifier_r = lookup.verifier;
	OPENSSL_cleanse(&lookup, sizeof(lookup));
	OPENSSL_cleanse(&ticket, sizeof(ticket));
	return rc;
}

/* Stores the attempt until its decision is requested, and sends the answer.
 * The result of the authentication stays in the worker; the VM gets its number
 * only. */
static void
broker_reply_attempt(struct connection *connection, const struct login *login,
    const struct attempt_result *attempt, struct broker_message *answer,
    uint32_t id)
{
	answer->attempt = attempt_table_open(broker_attempts(connection),
	    &login->what, attempt, clock_boot_seconds());
	if (answer->attempt != 0)
		broker_reply(connection, answer, id);
	else
		broker_reply_error(connection, id, BROKER_E_BUSY, NULL);
}

void
broker_lookup(struct connection *connection,
    const struct broker_message *message, const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct broker_message answer = { .type = BROKER_VERIFIER };
	struct attempt_result attempt = { .proved = false };

	if (message->login.mechanism == NULL ||
	    scram_key_size(message->login.mechanism) == 0) {
		broker_reply_error(connection, message->id, BROKER_E_VALUE,
		    "no verifiers for that mechanism");
		return;
	}
	if (broker_choose_verifier(daemon, login, &attempt, &answer.verifier) !=
	    ERROR_NONE)
		broker_reply_error(connection, message->id, BROKER_E_POLICY,
		    NULL);
	else
		broker_reply_attempt(connection, login, &attempt, &answer,
		    message->id);
	OPENSSL_cleanse(&answer, sizeof(answer));
}

/* --- PASSWORD ------------------------------------------------------------ */

/* A password request in progress, with its own copy of the packet: the texts of
 * message and login point into it. */
struct broker_request {
	struct connection *connection;
	uint32_t id;
	struct login login;
	struct broker_message message;
	unsigned char packet[BROKER_MESSAGE_MAX];
};

static void
broker_free_request(struct broker_request *request)
{
	OPENSSL_cleanse(request, sizeof(*request));
	free(request);
}

static void
broker_answer_request(struct broker_request *request,
    const struct password_answer *result)
{
	struct connection *connection = request->connection;
	struct broker_message answer = {
		.type = BROKER_RESULT,
		.right = result->right,
	};
	struct attempt_result attempt = {
		.proved = false,
		.refusal = result->right ? NULL : result->reason,
		.counted = result->counted,
		.ticket = result->ticket,
	};
	struct outcome outcome;

	/* QEMU has closed the connection, and so refused the login itself.  The
	 * right password is no guess to be counted, but it is recorded. */
	if (connection->fd < 0 && result->right) {
		attempt.refusal = answer_too_late;
		attempt.counted = true;
	}
	/* a refusal is recorded before its answer, or a VM that sends no DECIDE
	 * could try passwords without a trace */
	if (connection->fd < 0 || !result->right) {
		authorize(connection_daemon(connection), &request->login,
		    &attempt, &outcome);
		attempt.recorded = true;
		attempt.revision = outcome.revision;
	}
	if (connection_release(connection))
		broker_reply_attempt(connection, &request->login, &attempt,
		    &answer, request->id);
}

static void
broker_password_cb(void *context, const struct password_answer *result)
{
	if (result != NULL)
		broker_answer_request(context, result);
	broker_free_request(context);
}

/* Decodes the packet a second time, for the texts of the first message point
 * into a buffer that its caller wipes.  Returns NULL if there is no memory. */
static struct broker_request *
broker_copy_request(struct connection *connection, const unsigned char *packet,
    size_t size)
{
	struct broker_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->connection = connection;
	memcpy(request->packet, packet, size);
	if (broker_decode(&request->message, request->packet, size) == 0 &&
	    login_parse(&request->login,
	    connection_daemon(connection)->config, &connection->asker,
	    request->message.user, &request->message.login) == ERROR_NONE) {
		request->id = request->message.id;
		return request;
	}
	broker_free_request(request);
	return NULL;
}

void
broker_password(struct connection *connection,
    const struct broker_message *message, const unsigned char *packet,
    size_t size)
{
	struct broker_request *request = NULL;

	if (connection->pending < BROKER_PENDING_MAX)
		request = broker_copy_request(connection, packet, size);
	if (request == NULL) {
		broker_reply_error(connection, message->id, BROKER_E_BUSY,
		    NULL);
		return;
	}
	connection_hold(connection);
	password_check(connection_daemon(connection), &request->login,
	    request->message.password != NULL ? request->message.password :
	    "", broker_password_cb, request);
}

/* --- DECIDE and END ------------------------------------------------------ */

/* Whether a login by that mechanism needs a LOOKUP or PASSWORD before DECIDE: a
 * DECIDE without an attempt is then refused.  Kerberos alone proves who the
 * user is without asking vmauthzd. */
static bool
broker_needs_attempt(const char *mechanism)
{
	return mechanism == NULL || (strncasecmp(mechanism, "GSS", 3) != 0 &&
	    strncasecmp(mechanism, "GS2-", 4) != 0);
}

void
broker_decide(struct connection *connection,
    const struct broker_message *message, const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct attempt_table *attempts = broker_attempts(connection);
	struct broker_message answer = { .type = BROKER_DECISION };
	struct attempt_result attempt = { .proved = false };
	const char *refusal = NULL;
	struct outcome outcome;

	if (message->attempt != 0 ||
	    broker_needs_attempt(login->what.mechanism))
		refusal = attempt_table_find(attempts, message->attempt,
		    &login->what, clock_boot_seconds(), &attempt);
	/* the refusal has its record: RESULT was sent after it */
	if (attempt.recorded && !message->proved) {
		attempt_table_close(attempts, message->attempt);
		answer.revision = attempt.revision;
		broker_reply(connection, &answer, message->id);
		return;
	}
	attempt.proved = message->proved && !attempt.recorded &&
	    attempt.refusal == NULL;
	if (message->refusal != NULL)
		attempt.refusal = message->refusal;
	else if (refusal != NULL)
		attempt.refusal = refusal;
	/* nobody learns from it whether the password was right; counting would
	 * let a client that is throttled prolong the back-off */
	if (refusal != NULL)
		attempt.counted = true;
	authorize(daemon, login, &attempt, &outcome);
	if (!outcome.wants_local_user)	/* else another DECIDE follows */
		attempt_table_close(attempts, message->attempt);
	answer.allowed = outcome.allowed;
	answer.wants_local_user = outcome.wants_local_user;
	answer.session = outcome.session;
	answer.revision = outcome.revision;
	broker_reply(connection, &answer, message->id);
}
