/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/authority_broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/client.h"
#include "scram/scram.h"

/* For all calls but password checks: QEMU's main loop, and with it the VM's
 * display, waits for them. */
enum { AUTHORITY_BROKER_QUICK_MS = 250 };

struct authority_broker {
	struct authority authority;
	pid_t process;
	int timeout_ms;
	struct broker_client *client;
};

/* After fork(2), the child shares the connection, and must neither read the
 * parent's answers nor end its sessions. */
static bool
authority_broker_is_copy(const struct authority_broker *own)
{
	return getpid() != own->process;
}

static void
authority_broker_end(struct authority *authority, uint64_t session)
{
	struct authority_broker *own = (struct authority_broker *)authority;

	if (!authority_broker_is_copy(own))
		broker_client_end(own->client, session);
}

/* --- questions ----------------------------------------------------------- */

static struct broker_message
authority_broker_message(enum broker_type type,
    const struct request_login *login)
{
	return (struct broker_message){
		.type = type,
		.user = login->request.user->text,
		.login = *login,
	};
}

/* *answer_r is valid only if 0 is returned; its texts are not, since another
 * thread's question may have overwritten them. */
static int
authority_broker_ask(struct authority_broker *own,
    const struct broker_message *message, int timeout_ms,
    struct broker_message *answer_r, char detail_r[ERROR_DETAIL_MAX])
{
	char detail[BROKER_DETAIL_MAX];
	int rc;

	if (authority_broker_is_copy(own)) {
		strcpy(detail_r, "this process is a copy of the one that asks");
		return ERROR_BROKER;
	}
	rc = broker_client_ask(own->client, message, timeout_ms, answer_r,
	    detail);
	if (rc != ERROR_NONE)
		snprintf(detail_r, ERROR_DETAIL_MAX, "%s", detail);
	return rc;
}

static int
authority_broker_quick_ms(const struct authority_broker *own)
{
	return own->timeout_ms < AUTHORITY_BROKER_QUICK_MS ?
	    own->timeout_ms : AUTHORITY_BROKER_QUICK_MS;
}

/* The daemon does not say whether it is a verifier or a decoy: QEMU's process
 * need not know which users exist. */
static int
authority_broker_lookup(struct authority *authority,
    const struct request_login *login, struct authority_verifier *verifier,
    struct authority_failure *failure)
{
	struct authority_broker *own = (struct authority_broker *)authority;
	struct broker_message message =
	    authority_broker_message(BROKER_LOOKUP, login);
	struct broker_message answer;
	int rc = authority_broker_ask(own, &message,
	    authority_broker_quick_ms(own), &answer, failure->detail);

	if (rc == ERROR_NONE &&
	    answer.verifier.key_size != scram_key_size(login->mechanism)) {
		rc = ERROR_BROKER;
		strcpy(failure->detail, "a verifier of another mechanism");
	}
	if (rc != ERROR_NONE) {
		failure->reason = error_text(ERROR_BROKER);
	} else {
		verifier->verifier = answer.verifier;
		verifier->attempt = answer.attempt;
		verifier->mismatch = "authentication failed";
	}
	explicit_bzero(&answer, sizeof(answer));
	return rc;
}

static int
authority_broker_check_password(struct authority *authority,
    const struct request_login *login, const char *password,
    struct authority_password *password_r, struct authority_failure *failure)
{
	struct authority_broker *own = (struct authority_broker *)authority;
	struct broker_message message =
	    authority_broker_message(BROKER_PASSWORD, login);
	struct broker_message answer;
	int rc;

	/* no password that the daemon stores is so: not worth a message */
	if (password[0] == '\0' || strlen(password) > BROKER_PASSWORD_MAX)
		return ERROR_NONE;
	message.password = password;
	rc = authority_broker_ask(own, &message, own->timeout_ms, &answer,
	    failure->detail);
	if (rc != ERROR_NONE) {
		failure->reason = error_text(ERROR_BROKER);
		return rc;
	}
	password_r->right = answer.right;
	password_r->attempt = answer.attempt;
	return ERROR_NONE;
}

static void
authority_broker_decide(struct authority *authority,
    const struct request_login *login, const struct authority_proof *proof,
    time_t now, struct authority_decision *decision)
{
	struct authority_broker *own = (struct authority_broker *)authority;
	struct broker_message message =
	    authority_broker_message(BROKER_DECIDE, login);
	struct broker_message answer;

	(void)now;
	message.attempt = proof->attempt;
	message.proved = proof->proved;
	message.refusal = proof->refusal;
	if (authority_broker_ask(own, &message, authority_broker_quick_ms(own),
	    &answer, decision->detail) != ERROR_NONE) {
		decision->policy.verdict = VERDICT_UNKNOWN;
		decision->reason = error_text(ERROR_BROKER);
		return;
	}
	decision->reason = "refused by vmauthzd";
	decision->policy.wants_local_user = answer.wants_local_user;
	decision->policy.revision = answer.revision;
	decision->session = answer.session;
	decision->logged = !answer.wants_local_user;
	if (answer.allowed && !answer.wants_local_user) {
		decision->policy.verdict = VERDICT_ALLOW;
		decision->reason = "allowed by vmauthzd";
	}
}

static void
authority_broker_free(struct authority *authority)
{
	struct authority_broker *own = (struct authority_broker *)authority;

	broker_client_free(&own->client);
	free(own);
}

int
authority_broker_new(struct authority **authority_r, const char *path,
    int timeout_ms)
{
	static const struct authority_kind kind = {
		.free = authority_broker_free,
		.lookup = authority_broker_lookup,
		.check_password = authority_broker_check_password,
		.decide = authority_broker_decide,
		.end = authority_broker_end,
		.lookup_decides = true,
		.no_store = "vmauthzd keeps the passwords, set this one with "
		    "vmauthz passwd",
	};
	struct authority_broker *own = calloc(1, sizeof(*own));
	int rc = own != NULL ? broker_client_new(&own->client, path) :
	    ERROR_MEMORY;

	if (rc != ERROR_NONE) {
		free(own);
		return rc;
	}
	own->authority.kind = &kind;
	own->process = getpid();
	own->timeout_ms = timeout_ms;
	*authority_r = &own->authority;
	return ERROR_NONE;
}
