/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/ticket_service.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "decide/network.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/ticket.h"
#include "scram/scram.h"

enum { TICKET_BY_MAX = 96 };	/* octets of an issuer's name, with NUL */

/* Writes the account's name, "root", or "uid 1234" if it has none.  The
 * process is known by its number alone, which the kernel vouches for. */
static void
ticket_service_name_issuer(const struct peer *peer, char by_r[TICKET_BY_MAX])
{
	/* no other thread of the worker asks for accounts */
	const struct passwd *account = getpwuid(peer->uid);

	if (account != NULL)
		snprintf(by_r, TICKET_BY_MAX, "%s", account->pw_name);
	else
		snprintf(by_r, TICKET_BY_MAX, "uid %lu",
		    (unsigned long)peer->uid);
}

/* Checks the verifiers here, for a client's mistake would otherwise show only
 * at a login.  The bounds are those that Cyrus clients accept; see scram.h. */
static bool
ticket_service_verifiers_valid(const struct broker_message *message)
{
	if (message->ticket.count == 0)
		return false;
	for (size_t i = 0; i < message->ticket.count; i++) {
		const struct verifier *verifier =
		    &message->ticket.verifiers[i].verifier;
		const char *mechanism = message->ticket.verifiers[i].mechanism;
		size_t size = mechanism != NULL ? scram_key_size(mechanism) :
		    0;

		if (size == 0 || verifier->key_size != size ||
		    verifier->salt_size == 0 ||
		    verifier->iterations < SCRAM_ITERATIONS_MIN ||
		    verifier->iterations > SCRAM_ITERATIONS_MAX)
			return false;
	}
	return true;
}

/* Whether the policy has the user and the VM.  Whether it lets the user in is
 * not checked: a grant may be added, or its hour come, before the login. */
static bool
ticket_service_policy_knows(struct daemon *daemon,
    const struct broker_message *message)
{
	const char *name = message->ticket.user;
	struct request request = {
		.vm = { .name = message->ticket.vm, .by_name_alone = true },
		.local_asked = true,
	};
	struct decision decision;
	struct identity user;

	if (name == NULL || message->ticket.vm == NULL ||
	    identity_parse(&user, name, strlen(name), NULL) != ERROR_NONE ||
	    strcmp(user.text, name) != 0)
		return false;
	request.user = &user;
	policy_decide(daemon->policy, &request, clock_unix_ms() / 1000,
	    &decision);
	return decision.verdict != VERDICT_UNKNOWN &&
	    decision.reason != REASON_USER_UNKNOWN &&
	    decision.reason != REASON_VM_UNKNOWN &&
	    decision.reason != REASON_BAD_ROW;
}

int
ticket_service_issue(struct daemon *daemon, const struct peer *by,
    const struct broker_message *message, int64_t *id_r)
{
	struct audit_ticket record = {
		.event = AUDIT_TICKET_ISSUED,
		.user = message->ticket.user,
		.vm = message->ticket.vm,
		.client = message->ticket.from,
	};
	struct network from;
	char issuer[TICKET_BY_MAX];

	if (message->ticket.seconds == 0 ||
	    message->ticket.seconds > daemon->config->ticket_max ||
	    (message->ticket.from != NULL &&
	    !network_parse(&from, message->ticket.from)) ||
	    !ticket_service_verifiers_valid(message) ||
	    !ticket_service_policy_knows(daemon, message))
		return BROKER_E_VALUE;
	ticket_service_name_issuer(by, issuer);
	if (ticket_issue(&daemon->state, message, issuer,
	    clock_unix_ms() / 1000, id_r) != ERROR_NONE) {
		daemon_log(daemon, LOG_ERR, "vmauthzd: no ticket: %s",
		    daemon->state.detail);
		return BROKER_E_BUSY;
	}
	record.ticket = *id_r;
	record.by = issuer;
	audit_event_ticket(daemon, &record);
	return 0;
}

static void
ticket_service_lapsed_cb(void *context, int64_t id, const char *user,
    const char *vm, const char *by)
{
	struct daemon *daemon = context;
	struct audit_ticket record = {
		.event = AUDIT_TICKET_LAPSED,
		.ticket = id,
		.user = user,
		.vm = vm,
		.by = by,
	};

	audit_event_ticket(daemon, &record);
}

void
ticket_service_expire(struct daemon *daemon)
{
	ticket_expire(&daemon->state, clock_unix_ms() / 1000,
	    ticket_service_lapsed_cb, daemon);
}
