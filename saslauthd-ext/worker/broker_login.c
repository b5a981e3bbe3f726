/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/broker_login.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/ticket.h"
#include "saslauthd-ext/worker/broker_connection.h"
#include "scram/decoy.h"
#include "scram/scram.h"

enum { PENDING_MAX = 16 };	/* passwords at once, of a connection */

/* By a plugin that has waited for vmauthz_broker_timeout. */
static const char not_awaited[] =
    "the answer came when nobody waited for it any more";

static struct attempt_table *
attempts_of(struct connection *connection)
{
	return &((struct broker_connection *)connection)->attempts;
}

/* --- LOOKUP -------------------------------------------------------------- */

static bool
vouched(const struct config *config, const struct identity *user)
{
	const struct config_realm *realm = config_realm(config,
	    identity_realm(user));

	return realm != NULL && realm->source == CONFIG_SOURCE_POLICY;
}

/* Whether the user is to get a verifier that they can succeed with; after too
 * many guesses the attempt says so. */
static bool
is_welcome(struct daemon *daemon, const struct login *login,
    struct attempt *attempt)
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

/* A ticket that waits comes before the user's own verifier: SCRAM has room for
 * one.  For everybody the same is looked up and made. */
static int
choose_verifier(struct daemon *daemon, const struct login *login,
    struct attempt *attempt, struct verifier *verifier_r)
{
	const char *mechanism = login->what.mechanism;
	const struct ticket_use use = {
		.user = login->user.text,
		.vm = login->asker->machine.name,
		.client = login->what.request.client,
		.now = clock_unix_ms() / 1000,
	};
	bool welcome = is_welcome(daemon, login, attempt);
	struct verifier ticket;
	struct policy_lookup lookup;
	int rc;

	rc = policy_lookup(daemon->policy, &login->user, mechanism, &lookup);
	if (rc == ERROR_NONE)
		rc = decoy_make(&lookup.decoy, &login->user, mechanism,
		    verifier_r);
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

/* Until the decision about it is asked for; what it came to the process that
 * asks is not told.  Returns 0, or the error of the answer. */
static int
open_attempt(struct connection *connection, const struct login *login,
    const struct attempt *attempt, uint64_t *number_r)
{
	*number_r = attempt_open(attempts_of(connection),
	    &login->what, attempt, clock_boot_seconds());
	return *number_r != 0 ? 0 : BROKER_E_BUSY;
}

void
broker_lookup(struct connection *connection,
    const struct broker_message *message, const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct broker_message answer = { .type = BROKER_VERIFIER };
	struct attempt attempt = { .proved = false };

	int error = 0;

	if (message->login.mechanism == NULL ||
	    scram_key_size(message->login.mechanism) == 0) {
		broker_reply_error(connection, message->id, BROKER_E_VALUE,
		    "no verifiers for that mechanism");
		return;
	}
	if (choose_verifier(daemon, login, &attempt, &answer.verifier) !=
	    ERROR_NONE)
		error = BROKER_E_POLICY;
	else
		error = open_attempt(connection, login, &attempt,
		    &answer.attempt);
	if (error != 0)
		broker_reply_error(connection, message->id, error, NULL);
	else
		broker_reply(connection, &answer, message->id);
	OPENSSL_cleanse(&answer, sizeof(answer));
}

/* --- PASSWORD ------------------------------------------------------------ */

/* A question whose answer takes its time; a copy of what it was about. */
struct question {
	struct connection *connection;
	uint32_t id;
	struct login login;
	struct broker_message message;
	unsigned char packet[BROKER_MESSAGE_MAX];
};

static void
broker_free_question(struct question *question)
{
	OPENSSL_cleanse(question, sizeof(*question));
	free(question);
}

static void
broker_answer_question(struct question *question,
    const struct password_answer *result)
{
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
	int error;

	/* QEMU has refused by itself; that is no guess, but a record */
	if (connection->fd < 0 && result->right) {
		attempt.refusal = not_awaited;
		attempt.counted = true;
	}
	if (connection->fd < 0 || !result->right) {
		authorize(connection_daemon(connection), &question->login,
		    &attempt, &outcome);
		attempt.recorded = true;
		attempt.revision = outcome.revision;
	}
	if (connection_release(connection)) {
		error = open_attempt(connection, &question->login, &attempt,
		    &answer.attempt);
		if (error != 0)
			broker_reply_error(connection, question->id, error,
			    NULL);
		else
			broker_reply(connection, &answer, question->id);
	}
}

static void
broker_password_cb(void *context, const struct password_answer *result)
{
	if (result != NULL)
		broker_answer_question(context, result);
	broker_free_question(context);
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
	    question->message.user, &question->message.login) == ERROR_NONE) {
		question->id = question->message.id;
		return question;
	}
	broker_free_question(question);
	return NULL;
}

void
broker_password(struct connection *connection,
    const struct broker_message *message, const unsigned char *packet,
    size_t size)
{
	struct question *question;

	if (connection->pending >= PENDING_MAX) {
		broker_reply_error(connection, message->id, BROKER_E_BUSY,
		    NULL);
		return;
	}
	question = copy_question(connection, packet, size);
	if (question == NULL) {
		broker_reply_error(connection, message->id, BROKER_E_BUSY,
		    NULL);
		return;
	}
	connection_hold(connection);
	password_check(connection_daemon(connection), &question->login,
	    question->message.password != NULL ? question->message.password :
	    "", broker_password_cb, question);
}

/* --- DECIDE and END ------------------------------------------------------ */

/* Whether a login by that mechanism asks for a verifier, or about a password,
 * before it is decided. */
static bool
begins_here(const char *mechanism)
{
	return mechanism != NULL && (scram_key_size(mechanism) != 0 ||
	    strcmp(mechanism, "PLAIN") == 0 ||
	    strcmp(mechanism, "LOGIN") == 0);
}

void
broker_decide(struct connection *connection,
    const struct broker_message *message, const struct login *login)
{
	struct daemon *daemon = connection_daemon(connection);
	struct attempt_table *attempts = attempts_of(connection);
	struct broker_message answer = { .type = BROKER_DECISION };
	struct attempt attempt = { .proved = false };
	const char *refusal = NULL;
	struct outcome outcome;

	if (message->attempt != 0 || begins_here(login->what.mechanism))
		refusal = attempt_find(attempts, message->attempt,
		    &login->what, clock_boot_seconds(), &attempt);
	if (attempt.recorded && !message->proved) {
		attempt_close(attempts, message->attempt);
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
	authorize(daemon, login, &attempt, &outcome);
	if (!outcome.wants_local_user)	/* or it will be asked again */
		attempt_close(attempts, message->attempt);
	answer.allowed = outcome.allowed;
	answer.wants_local_user = outcome.wants_local_user;
	answer.session = outcome.session;
	answer.revision = outcome.revision;
	broker_reply(connection, &answer, message->id);
}
