/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The socket "broker": what a VM, an operator and everybody else get out of
 * it. */

#include "tests/unit/saslauthd-ext/worker-fixture.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "saslauthd-ext/worker/broker_service.h"
#include "saslauthd-ext/login/throttle.h"
#include "scram/scram.h"

enum { MANY = 17 };		/* passwords at once, one more than may be */

static const char here[] = "192.0.2.7";

/* One who is at the other end of a connection. */
struct client {
	struct worker *worker;
	int fd;
	unsigned char packet[BROKER_MESSAGE_MAX];	/* of the last answer */
	struct broker_message answer;
	unsigned char version;		/* of the last answer */
	uint64_t attempt;		/* the last one begun; 0: none */
};

static struct client
open_client(struct worker *worker)
{
	if (worker->kind == NULL)
		worker_open_service(worker, &broker_service);
	return (struct client){ .worker = worker,
	    .fd = worker_connect(worker) };
}

static struct client
open_client_as(struct worker *worker, const char *vm)
{
	if (worker->kind == NULL)
		worker_open_service(worker, &broker_service);
	return (struct client){ .worker = worker,
	    .fd = worker_connect_as(worker, vm) };
}

static void
tell(struct client *client, struct broker_message *message)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size = broker_encode(packet, message);

	assert_true(size > 0);
	assert_int_equal(send(client->fd, packet, size, MSG_NOSIGNAL), size);
}

/* The type of the next answer; 0 for the connection's end. */
static int
hear(struct client *client)
{
	ssize_t got;

	worker_await(client->worker, client->fd);
	got = recv(client->fd, client->packet, sizeof(client->packet), 0);
	if (got <= 0)
		return 0;
	/* an ERROR is in the version of who asked */
	client->version = client->packet[0];
	client->packet[0] = BROKER_VERSION;
	assert_int_equal(broker_decode(&client->answer, client->packet,
	    (size_t)got), 0);
	return (int)client->answer.type;
}

static void
hears(struct client *client, enum broker_type type, uint32_t id)
{
	assert_int_equal(hear(client), type);
	assert_int_equal(client->answer.id, id);
}

static void
hears_error(struct client *client, enum broker_error error)
{
	assert_int_equal(hear(client), BROKER_ERROR);
	assert_int_equal(client->answer.error, error);
}

/* --- a login on the wire ------------------------------------------------- */

/* What a login's messages have in common. */
static struct broker_message
message_of(enum broker_type type, const char *user, const char *mechanism)
{
	static uint32_t id = 4711;

	return (struct broker_message){
		.type = type, .id = id++,
		.user = user,
		.login = { .mechanism = mechanism,
		    .request = { .service = "spice", .client = here } },
	};
}

static void
look_up(struct client *client, const char *user)
{
	struct broker_message message =
	    message_of(BROKER_LOOKUP, user, "SCRAM-SHA-256");

	tell(client, &message);
	hears(client, BROKER_VERIFIER, message.id);
	client->attempt = client->answer.attempt;
}

static bool
ask_password(struct client *client, const char *user, const char *password)
{
	struct broker_message message =
	    message_of(BROKER_PASSWORD, user, "PLAIN");

	message.password = password;
	tell(client, &message);
	hears(client, BROKER_RESULT, message.id);
	client->attempt = client->answer.attempt;
	return client->answer.right;
}

/* Whether that login is allowed. */
static bool
decide(struct client *client, const char *user, const char *mechanism,
    bool proved)
{
	struct broker_message message =
	    message_of(BROKER_DECIDE, user, mechanism);

	message.proved = proved;
	message.attempt = client->attempt;
	tell(client, &message);
	hears(client, BROKER_DECISION, message.id);
	assert_true(client->answer.allowed || client->answer.session == 0);
	return client->answer.allowed;
}

static int
count(struct worker *worker, const char *file, const char *rows)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", rows);
	return atoi(worker_query(worker, file, sql));
}

static void
recorded(struct worker *worker, int records, const char *what,
    const char *reason)
{
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE kind = 'decision'"), records);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT verdict FROM records WHERE kind = 'decision'"
	    " ORDER BY id DESC"), what);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT reason FROM records WHERE kind = 'decision'"
	    " ORDER BY id DESC"), reason);
}

/* --- LOOKUP -------------------------------------------------------------- */

/* Whether the last answer is the verifier that the policy has of a user. */
static bool
is_own(struct client *client, const char *user)
{
	const struct verifier *verifier = &client->answer.verifier;
	char sql[128], hex[2 * VERIFIER_KEY_MAX + 1];

	snprintf(sql, sizeof(sql), "SELECT hex(stored_key) FROM credentials"
	    " WHERE user_name = '%s'", user);
	for (size_t i = 0; i < verifier->key_size; i++)
		snprintf(&hex[2 * i], 3, "%02X", verifier->stored_key[i]);
	return strcmp(worker_query(client->worker, "policy.db", sql), hex) == 0;
}

/* A decoy looks like a verifier, and is the same each time. */
static void
looks_up(void **state)
{
	static const struct {
		const char *user;
		bool own;
	} rows[] = {
		{ "alice@example.org", true },
		{ "fritz@example.org", true },	/* who may have the account */
		{ "bob@example.org", false },
		{ "carol@example.org", false },
		{ "dora@local.example.org", false },
		{ "emil@closed.example.org", false },
		{ "gina@example.org", false },
	};
	struct client client = open_client(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verifier first;

		TITLE(rows[i].user);
		look_up(&client, rows[i].user);
		first = client.answer.verifier;
		assert_int_equal(first.key_size, 32);
		assert_int_equal(first.salt_size, SCRAM_SALT_SIZE);
		assert_int_equal(first.iterations, SCRAM_ITERATIONS_MIN);
		assert_int_equal(is_own(&client, rows[i].user), rows[i].own);
		look_up(&client, rows[i].user);
		assert_memory_equal(client.answer.verifier.salt, first.salt,
		    first.salt_size);
		assert_memory_equal(client.answer.verifier.stored_key,
		    first.stored_key, first.key_size);
	}
	assert_int_equal(count(*state, "audit.db", "records"), 0);
	close(client.fd);
}

static void
refuses_look_ups_that_make_no_sense(void **state)
{
	static const struct {
		const char *user, *mechanism, *client;
		enum broker_error error;
	} rows[] = {
		{ "alice@example.org", "PLAIN", here, BROKER_E_VALUE },
		{ "alice@example.org", "SCRAM-SHA-257", here, BROKER_E_VALUE },
		{ "alice@example.org", NULL, here, BROKER_E_VALUE },
		{ NULL, "SCRAM-SHA-256", here, BROKER_E_VALUE },
		{ "@example.org", "SCRAM-SHA-256", here, BROKER_E_VALUE },
		{ "alice@example.org", "SCRAM-SHA-256", "here",
		    BROKER_E_VALUE },
	};
	struct client client = open_client(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct broker_message message = message_of(BROKER_LOOKUP,
		    rows[i].user, rows[i].mechanism);

		message.login.request.client = rows[i].client;
		tell(&client, &message);
		hears_error(&client, rows[i].error);
		assert_int_equal(client.answer.id, message.id);
	}
	close(client.fd);
}

static void
says_that_the_policy_is_away(void **state)
{
	struct broker_message message =
	    message_of(BROKER_LOOKUP, "alice@example.org", "SCRAM-SHA-256");
	struct client client = open_client(*state);
	char path[PATH_MAX];

	strcpy(path, worker_path(*state, "policy.db"));
	assert_int_equal(rename(path, worker_path(*state, "away")), 0);
	tell(&client, &message);
	hears_error(&client, BROKER_E_POLICY);
	close(client.fd);
}

/* --- from a LOOKUP to its DECIDE and END --------------------------------- */

static void
lets_in_and_hears_the_end(void **state)
{
	struct client client = open_client(*state);
	struct broker_message end = { .type = BROKER_END };

	look_up(&client, "alice@example.org");
	assert_true(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	end.session = client.answer.session;
	assert_true(end.session != 0);
	recorded(*state, 1, "allow", "allowed by grant");
	assert_string_equal(worker_query(*state, "audit.db",
	    "SELECT vm || '|' || vm_source || '|' || socket FROM records"
	    " WHERE verdict = 'allow'"), "debianx|command-line|broker");
	assert_int_equal(count(*state, "state.db", "sessions"), 1);
	tell(&client, &end);
	look_up(&client, "alice@example.org");	/* END has no answer */
	assert_int_equal(count(*state, "state.db", "sessions"), 0);
	assert_string_equal(worker_query(*state, "audit.db",
	    "SELECT reason FROM records WHERE event = 'end'"), "closed");
	close(client.fd);
}

static void
refuses_whom_the_policy_refuses(void **state)
{
	struct client client = open_client(*state);

	look_up(&client, "bob@example.org");
	assert_false(decide(&client, "bob@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 1, "deny", "no grant");
	look_up(&client, "gina@example.org");
	assert_false(decide(&client, "gina@example.org", "SCRAM-SHA-256",
	    false));
	recorded(*state, 2, "deny", "unknown user");
	assert_int_equal(count(*state, "state.db", "sessions"), 0);
	close(client.fd);
}

static const char not_begun[] =
    "vmauthzd was not asked before, or was restarted meanwhile";

static const char over[] =
    "this attempt has been decided already, or took too long";
static const char of_another[] =
    "this attempt was begun by another user, client or mechanism";

/* A decision ends the attempt that was begun here, once; Kerberos begins
 * elsewhere. */
static void
wants_the_beginning(void **state)
{
	struct client client = open_client(*state);

	assert_false(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 1, "deny", not_begun);
	look_up(&client, "alice@example.org");
	assert_false(decide(&client, "alice@example.org", "PLAIN", true));
	recorded(*state, 2, "deny", of_another);
	look_up(&client, "alice@example.org");
	assert_false(decide(&client, "fritz@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 3, "deny", of_another);
	look_up(&client, "alice@example.org");
	assert_true(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	assert_false(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 5, "deny", over);
	client.attempt = 0;
	assert_true(decide(&client, "alice@example.org", "GSSAPI", true));
	close(client.fd);
}

static void
counts_wrong_passwords(void **state)
{
	struct client client = open_client(*state);

	for (int i = 0; i < 3; i++) {
		look_up(&client, "alice@example.org");
		assert_true(is_own(&client, "alice@example.org"));
		assert_false(decide(&client, "alice@example.org",
		    "SCRAM-SHA-256", false));
		recorded(*state, i + 1, "deny", "wrong password");
	}
	/* a back-off that no slow machine lives to see the end of */
	worker_query(*state, "state.db", "UPDATE guesses SET failures = 13");
	/* now no verifier is any good, and there is nothing to count */
	look_up(&client, "alice@example.org");
	assert_false(is_own(&client, "alice@example.org"));
	assert_false(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	assert_string_equal(worker_query(*state, "audit.db",
	    "SELECT reason FROM records ORDER BY id DESC"),
	    throttle_locked_reason);
	assert_string_equal(worker_query(*state, "state.db",
	    "SELECT failures FROM guesses WHERE user = 'alice@example.org'"),
	    "13");
	close(client.fd);
}

static void
refuses_what_the_plugin_refuses(void **state)
{
	struct broker_message message =
	    message_of(BROKER_DECIDE, "alice@example.org", "SCRAM-SHA-256");
	struct client client = open_client(*state);

	look_up(&client, "alice@example.org");
	message.proved = true;
	message.attempt = client.attempt;
	message.refusal = "client certificate revoked";
	tell(&client, &message);
	hears(&client, BROKER_DECISION, message.id);
	assert_false(client.answer.allowed);
	recorded(*state, 1, "deny", "client certificate revoked");
	close(client.fd);
}

static void
asks_for_the_local_account(void **state)
{
	struct broker_message message =
	    message_of(BROKER_DECIDE, "fritz@example.org", "SCRAM-SHA-256");
	struct client client = open_client(*state);

	look_up(&client, "fritz@example.org");
	message.proved = true;
	message.attempt = client.attempt;
	tell(&client, &message);
	hears(&client, BROKER_DECISION, message.id);
	assert_true(client.answer.wants_local_user);
	assert_false(client.answer.allowed);
	assert_int_equal(count(*state, "audit.db", "records"), 0);
	message.login.request.local_asked = true;
	message.login.request.local = REQUEST_LOCAL_ACCOUNT;
	message.login.request.local_user = "fritz";
	tell(&client, &message);
	hears(&client, BROKER_DECISION, message.id);
	assert_true(client.answer.allowed);
	recorded(*state, 1, "allow", "allowed by grant");
	close(client.fd);
}

/* --- PASSWORD ------------------------------------------------------------ */

static void
checks_passwords(void **state)
{
	struct client client = open_client(*state);

	assert_true(ask_password(&client, "alice@example.org",
	    "secret alice"));
	assert_int_equal(count(*state, "audit.db", "records"), 0);
	assert_true(decide(&client, "alice@example.org", "PLAIN", true));
	recorded(*state, 1, "allow", "allowed by grant");
	assert_true(ask_password(&client, "dora@local.example.org",
	    "secret dora"));
	assert_true(decide(&client, "dora@local.example.org", "PLAIN", true));
	recorded(*state, 2, "allow", "allowed by grant");
	assert_false(ask_password(&client, "bob@example.org", "secret bob"));
	recorded(*state, 3, "deny", "no grant");
	close(client.fd);
}

/* A wrong password is recorded at once, and only once, and whoever claims that
 * it was right gets nothing. */
static void
records_wrong_passwords_at_once(void **state)
{
	struct client client = open_client(*state);

	assert_false(ask_password(&client, "alice@example.org", "x"));
	recorded(*state, 1, "deny", "wrong password");
	assert_false(decide(&client, "alice@example.org", "PLAIN", false));
	recorded(*state, 1, "deny", "wrong password");
	assert_string_equal(worker_query(*state, "state.db",
	    "SELECT failures FROM guesses WHERE user = 'alice@example.org'"),
	    "1");
	assert_false(ask_password(&client, "alice@example.org", "y"));
	assert_false(decide(&client, "alice@example.org", "PLAIN", true));
	assert_string_equal(worker_query(*state, "state.db",
	    "SELECT failures FROM guesses WHERE user = 'alice@example.org'"),
	    "2");
	assert_int_equal(count(*state, "audit.db",
	    "records WHERE verdict = 'allow'"), 0);
	assert_int_equal(count(*state, "state.db", "sessions"), 0);
	close(client.fd);
}

/* Who waits for PAM is in nobody's way. */
static void
answers_out_of_order(void **state)
{
	struct broker_message slow =
	    message_of(BROKER_PASSWORD, "dora@local.example.org", "PLAIN");
	struct worker *worker = *state;
	struct client client = open_client(worker);

	worker->pam = WORKER_PAM_HOLDS;
	slow.password = "secret dora";
	tell(&client, &slow);
	look_up(&client, "alice@example.org");
	assert_true(ask_password(&client, "alice@example.org",
	    "secret alice"));
	while (worker->questions == 0)
		event_base_loop(worker->daemon.base, EVLOOP_ONCE);
	worker_pam_answer(worker);
	hears(&client, BROKER_RESULT, slow.id);
	assert_true(client.answer.right);
	close(client.fd);
}

static void
bounds_passwords_that_wait(void **state)
{
	struct broker_message message =
	    message_of(BROKER_PASSWORD, "dora@local.example.org", "PLAIN");
	struct worker *worker = *state;
	struct client client = open_client(worker);

	worker->pam = WORKER_PAM_HOLDS;
	message.password = "secret dora";
	for (uint32_t id = 1; id <= MANY; id++) {
		message.id = id;
		tell(&client, &message);
	}
	hears_error(&client, BROKER_E_BUSY);
	/* one that is being read is among them */
	assert_in_range(client.answer.id, MANY - 1, MANY);
	assert_int_equal(worker->questions, 1);
	close(client.fd);	/* and the worker ends while PAM thinks */
}

/* By a plugin that went on without an answer. */
static void
records_what_nobody_waits_for(void **state)
{
	struct broker_message message =
	    message_of(BROKER_PASSWORD, "dora@local.example.org", "PLAIN");
	struct worker *worker = *state;
	struct client client = open_client(worker);

	worker->pam = WORKER_PAM_HOLDS;
	message.password = "secret dora";
	tell(&client, &message);
	while (worker->questions == 0)
		event_base_loop(worker->daemon.base, EVLOOP_ONCE);
	close(client.fd);
	worker_settle(worker);
	worker_pam_answer(worker);
	worker_settle(worker);
	recorded(worker, 1, "deny",
	    "the answer came when nobody waited for it any more");
	assert_int_equal(count(worker, "state.db", "guesses"), 0);
	assert_int_equal(count(worker, "state.db", "sessions"), 0);
}

/* --- TICKET -------------------------------------------------------------- */

static struct broker_message
ticket_message(const char *user, const char *vm, const char *password)
{
	struct broker_message message = { .type = BROKER_TICKET, .id = 7 };

	message.ticket.user = user;
	message.ticket.vm = vm;
	message.ticket.seconds = 60;
	message.ticket.count = 1;
	message.ticket.verifiers[0].mechanism = "SCRAM-SHA-256";
	assert_int_equal(scram_verifier_make("SCRAM-SHA-256", password,
	    SCRAM_ITERATIONS_MIN, &message.ticket.verifiers[0].verifier),
	    ERROR_NONE);
	return message;
}

static void
issues_tickets(void **state)
{
	struct broker_message message =
	    ticket_message("alice@example.org", "debianx", "paper");
	struct client client = open_client(*state);
	uint64_t id;

	tell(&client, &message);
	hears(&client, BROKER_ISSUED, 7);
	id = client.answer.ticket_id;
	assert_true(id != 0);
	assert_int_equal(count(*state, "audit.db",
	    "records WHERE event = 'issued'"), 1);
	/* it waits, and comes before the own verifier */
	look_up(&client, "alice@example.org");
	assert_memory_equal(client.answer.verifier.stored_key,
	    message.ticket.verifiers[0].verifier.stored_key, 32);
	assert_true(decide(&client, "alice@example.org", "SCRAM-SHA-256",
	    true));
	assert_int_equal(count(*state, "audit.db",
	    "records WHERE event = 'used'"), 1);
	assert_int_equal(atoi(worker_query(*state, "audit.db",
	    "SELECT ticket FROM records WHERE verdict = 'allow'")), (int)id);
	close(client.fd);
}

/* A ticket opens nothing that the policy closes, and nobody learns of it. */
static void
keeps_tickets_from_who_is_refused(void **state)
{
	struct broker_message message =
	    ticket_message("bob@example.org", "debianx", "paper");
	struct client client = open_client(*state);

	tell(&client, &message);
	hears(&client, BROKER_ISSUED, 7);
	look_up(&client, "bob@example.org");
	assert_memory_not_equal(client.answer.verifier.stored_key,
	    message.ticket.verifiers[0].verifier.stored_key, 32);
	assert_false(decide(&client, "bob@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 1, "deny", "no grant");
	assert_int_equal(count(*state, "state.db",
	    "tickets WHERE used IS NULL"), 1);
	close(client.fd);
}

static void
issues_no_ticket_for_nothing(void **state)
{
	static const struct {
		const char *user, *vm;
		uint32_t seconds;
		const char *from;
	} rows[] = {
		{ "gina@example.org", "debianx", 60, NULL },
		{ "alice@example.org", "mint", 60, NULL },
		{ "alice", "debianx", 60, NULL },
		{ NULL, "debianx", 60, NULL },
		{ "alice@example.org", NULL, 60, NULL },
		{ "alice@example.org", "debianx", 0, NULL },
		{ "alice@example.org", "debianx", 601, NULL },
		{ "alice@example.org", "debianx", 60, "here" },
	};
	struct client client = open_client(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct broker_message message =
		    ticket_message(rows[i].user, rows[i].vm, "paper");

		message.ticket.seconds = rows[i].seconds;
		message.ticket.from = rows[i].from;
		tell(&client, &message);
		hears_error(&client, BROKER_E_VALUE);
	}
	assert_int_equal(count(*state, "state.db", "tickets"), 0);
	close(client.fd);
}

/* --- who may what -------------------------------------------------------- */

static void
issues_tickets_for_operators_alone(void **state)
{
	struct broker_message message =
	    ticket_message("alice@example.org", "debianx", "paper");
	struct worker *worker = *state;
	struct client client;

	worker->config.operator_count = 0;
	client = open_client(worker);
	tell(&client, &message);
	hears_error(&client, BROKER_E_FORBIDDEN);
	assert_int_equal(count(worker, "state.db", "tickets"), 0);
	look_up(&client, "alice@example.org");
	close(client.fd);
}

static void
decides_nothing_for_operators(void **state)
{
	static const enum broker_type types[] = { BROKER_LOOKUP,
	    BROKER_PASSWORD, BROKER_DECIDE };
	struct worker *worker = *state;
	struct client client;

	worker->config.user_count = 0;
	client = open_client(worker);
	for (size_t i = 0; i < COUNT(types); i++) {
		struct broker_message message = message_of(types[i],
		    "alice@example.org", "SCRAM-SHA-256");

		message.proved = true;
	message.attempt = client.attempt;
		message.password = "secret alice";
		tell(&client, &message);
		hears_error(&client, BROKER_E_FORBIDDEN);
	}
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	close(client.fd);
}

static void
sends_strangers_away(void **state)
{
	struct worker *worker = *state;
	struct client client;

	worker->config.user_count = worker->config.operator_count = 0;
	client = open_client(worker);
	assert_int_equal(hear(&client), 0);
	assert_non_null(strstr(worker_logged(worker),
	    "it is none of the users and groups that may connect"));
	close(client.fd);
}

static void
sends_away_who_may_not_stay(void **state)
{
	struct worker *worker = *state;
	struct client client = open_client(worker);

	look_up(&client, "alice@example.org");
	service_configure(worker->service);
	look_up(&client, "alice@example.org");
	worker->config.user_count = worker->config.operator_count = 0;
	service_configure(worker->service);
	assert_int_equal(hear(&client), 0);
	close(client.fd);
}

/* A process that runs as the right account, and is no VM. */
static void
knows_no_vm_without_a_name(void **state)
{
	struct broker_message end = { .type = BROKER_END, .session = 1 };
	struct broker_message message =
	    message_of(BROKER_DECIDE, "alice@example.org", "GSSAPI");
	struct client client = open_client_as(*state, "");

	tell(&client, &end);		/* which nobody answers */
	message.proved = true;
	message.attempt = client.attempt;
	tell(&client, &message);
	hears_error(&client, BROKER_E_FORBIDDEN);
	assert_int_equal(client.answer.id, message.id);
	assert_int_equal(count(*state, "audit.db", "records"), 0);
	close(client.fd);
}

/* A grant, an answer and a session are the VM's whose process asked. */
static void
keeps_vms_apart(void **state)
{
	struct broker_message end = { .type = BROKER_END };
	struct client debianx = open_client(*state);
	struct client kali = open_client_as(*state, "kali");

	look_up(&debianx, "alice@example.org");
	assert_true(is_own(&debianx, "alice@example.org"));
	look_up(&kali, "alice@example.org");
	assert_false(is_own(&kali, "alice@example.org"));
	assert_false(decide(&kali, "alice@example.org", "SCRAM-SHA-256",
	    true));
	recorded(*state, 1, "deny", "no grant");
	assert_string_equal(worker_query(*state, "audit.db",
	    "SELECT vm FROM records"), "kali");
	assert_true(decide(&debianx, "alice@example.org", "SCRAM-SHA-256",
	    true));
	end.session = debianx.answer.session;
	tell(&kali, &end);
	look_up(&kali, "alice@example.org");
	assert_int_equal(count(*state, "state.db", "sessions"), 1);
	close(debianx.fd);
	close(kali.fd);
}

/* --- what is no message -------------------------------------------------- */

static void
survives_garbage(void **state)
{
	static const struct {
		const char *title;
		unsigned char packet[16];
		size_t size;
		enum broker_error error;
	} rows[] = {
		{ "one octet", { 1 }, 1, BROKER_E_MALFORMED },
		{ "another version", { 99, BROKER_LOOKUP, 0, 0, 0, 7 }, 6,
		    BROKER_E_VERSION },
		{ "no such type", { BROKER_VERSION, 0x55, 0, 0, 0, 7 }, 6,
		    BROKER_E_MALFORMED },
		{ "an answer", { BROKER_VERSION, BROKER_RESULT, 0, 0, 0, 7,
		    1 }, 7, BROKER_E_MALFORMED },
		{ "cut short", { BROKER_VERSION, BROKER_END, 0, 0, 0, 7, 0 },
		    7, BROKER_E_MALFORMED },
		{ "too long", { BROKER_VERSION, BROKER_END, 0, 0, 0, 7 }, 15,
		    BROKER_E_MALFORMED },
	};
	struct client client = open_client(*state);
	static unsigned char huge[BROKER_MESSAGE_MAX + 1] = {
	    BROKER_VERSION, BROKER_LOOKUP };

	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].title);
		assert_int_equal(send(client.fd, rows[i].packet, rows[i].size,
		    0), rows[i].size);
		hears_error(&client, rows[i].error);
		assert_int_equal(client.version, rows[i].size >= 6 ?
		    rows[i].packet[0] : BROKER_VERSION);
	}
	assert_int_equal(send(client.fd, huge, sizeof(huge), 0), sizeof(huge));
	hears_error(&client, BROKER_E_MALFORMED);
	look_up(&client, "alice@example.org");
	assert_int_equal(count(*state, "audit.db", "records"), 0);
	close(client.fd);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(looks_up),
		WORKER_TEST(refuses_look_ups_that_make_no_sense),
		WORKER_TEST(says_that_the_policy_is_away),
		WORKER_TEST(lets_in_and_hears_the_end),
		WORKER_TEST(refuses_whom_the_policy_refuses),
		WORKER_TEST(wants_the_beginning),
		WORKER_TEST(counts_wrong_passwords),
		WORKER_TEST(refuses_what_the_plugin_refuses),
		WORKER_TEST(asks_for_the_local_account),
		WORKER_TEST(checks_passwords),
		WORKER_TEST(records_wrong_passwords_at_once),
		WORKER_TEST(answers_out_of_order),
		WORKER_TEST(bounds_passwords_that_wait),
		WORKER_TEST(records_what_nobody_waits_for),
		WORKER_TEST(issues_tickets),
		WORKER_TEST(keeps_tickets_from_who_is_refused),
		WORKER_TEST(issues_no_ticket_for_nothing),
		WORKER_TEST(issues_tickets_for_operators_alone),
		WORKER_TEST(decides_nothing_for_operators),
		WORKER_TEST(sends_strangers_away),
		WORKER_TEST(sends_away_who_may_not_stay),
		WORKER_TEST(knows_no_vm_without_a_name),
		WORKER_TEST(keeps_vms_apart),
		WORKER_TEST(survives_garbage),
	};

	worker_be_vm(argc, argv);
	return cmocka_run_group_tests_name("broker_service", tests, NULL,
	    NULL);
}
