/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision about a login, and what follows from it. */

#include "base/clock.h"
#include "tests/unit/saslauthd-ext/worker-fixture.h"

#include <stdio.h>

#include "saslauthd-ext/login/ticket.h"

static const char here[] = "192.0.2.7";

struct question {
	const char *user;
	struct request_login login;
};

/* A login by SCRAM over SPICE, at debianx. */
static struct question
from(const char *user, const char *client)
{
	return (struct question){
		.user = user,
		.login = {
			.mechanism = "SCRAM-SHA-256",
			.request = { .service = "spice", .client = client },
		},
	};
}

static struct outcome
ask_over(struct worker *worker, const char *socket,
    const struct question *what, const struct attempt_result *attempt)
{
	const struct asker asker = worker_asker(socket);
	struct outcome outcome;
	struct login login;

	assert_int_equal(login_parse(&login, &worker->config, &asker,
	    what->user, &what->login), ERROR_NONE);
	memset(&outcome, 0xff, sizeof(outcome));
	authorize(&worker->daemon, &login, attempt, &outcome);
	return outcome;
}

static struct outcome
ask(struct worker *worker, const char *user,
    const struct attempt_result *attempt)
{
	const struct question what = from(user, here);

	return ask_over(worker, "broker", &what, attempt);
}

static const struct attempt_result proved = { .proved = true };
static const struct attempt_result wrong = { .proved = false };

/* How many rows of a table fit. */
static int
count(struct worker *worker, const char *file, const char *rows)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", rows);
	return atoi(worker_query(worker, file, sql));
}

static void
reason_is(struct worker *worker, const char *what, const char *reason)
{
	const char *lines = worker_logged(worker), *recorded;
	char wanted[256];

	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT verdict FROM records WHERE kind = 'decision'"
	    " ORDER BY id DESC"), what);
	/* a detail may follow */
	recorded = worker_query(worker, "audit.db", "SELECT reason"
	    " FROM records WHERE kind = 'decision' ORDER BY id DESC");
	assert_memory_equal(recorded, reason, strlen(reason));
	assert_true(recorded[strlen(reason)] == '\0' ||
	    recorded[strlen(reason)] == ':');
	snprintf(wanted, sizeof(wanted), ": %s user=", what);
	assert_non_null(strstr(lines, wanted));
	snprintf(wanted, sizeof(wanted), " reason=\"%s", reason);
	assert_non_null(strstr(lines, wanted));
}

static void
refused_for(struct worker *worker, struct outcome outcome, const char *reason)
{
	assert_false(outcome.allowed);
	assert_int_equal(outcome.session, 0);
	reason_is(worker, "deny", reason);
	assert_int_equal(count(worker, "state.db", "sessions"), 0);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE kind = 'session'"), 0);
}

/* --- allowed ------------------------------------------------------------- */

static void
allows(void **state)
{
	struct worker *worker = *state;
	struct outcome outcome = ask(worker, "alice@example.org", &proved);
	char session[32];

	assert_true(outcome.allowed);
	assert_false(outcome.wants_local_user);
	assert_true(outcome.session != 0);
	reason_is(worker, "allow", "allowed by grant");
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT user || '|' || vm || '|' || vm_source || '|' || service"
	    " || '|' || client || '|' || mechanism || '|' || socket || '|' ||"
	    " grant || '|' || (revision > 0) || '|' || (ticket IS NULL)"
	    " FROM records WHERE kind = 'decision'"),
	    "alice@example.org|debianx|libvirt|spice|192.0.2.7|SCRAM-SHA-256|"
	    "broker|1|1|1");
	snprintf(session, sizeof(session), "%llu",
	    (unsigned long long)outcome.session);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT session FROM records WHERE event = 'begin'"), session);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT session FROM records WHERE verdict = 'allow'"), session);
	assert_string_equal(worker_query(worker, "state.db",
	    "SELECT id FROM sessions WHERE user = 'alice@example.org'"
	    " AND vm = 'debianx'"), session);
}

static void
joins_channels_to_a_session(void **state)
{
	const struct question elsewhere =
	    from("alice@example.org", "192.0.2.8");
	struct worker *worker = *state;
	struct outcome first = ask(worker, "alice@example.org", &proved);
	struct outcome second = ask(worker, "alice@example.org", &proved);
	struct outcome other =
	    ask_over(worker, "broker", &elsewhere, &proved);

	assert_true(first.session == second.session);
	assert_true(first.session != other.session);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE event = 'begin'"), 2);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE verdict = 'allow'"), 3);
}

/* What comes over mux has an end that nobody hears. */
static void
opens_no_session_over_mux(void **state)
{
	const struct question what = from("alice@example.org", NULL);
	struct worker *worker = *state;
	struct outcome outcome = ask_over(worker, "mux", &what, &proved);

	assert_true(outcome.allowed);
	assert_int_equal(outcome.session, 0);
	reason_is(worker, "allow", "allowed by grant");
	assert_int_equal(count(worker, "state.db", "sessions"), 0);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT socket FROM records"), "mux");
}

/* --- refused by the policy ----------------------------------------------- */

static const struct {
	const char *title, *user, *sql, *reason;
} refusals[] = {
	{ "no such user", "gina@example.org", NULL, "unknown user" },
	{ "another realm", "alice@example.net", NULL, "unknown user" },
	{ "no grant", "bob@example.org", NULL, "no grant" },
	{ "disabled", "carol@example.org", NULL, "user disabled" },
	{ "expired", "alice@example.org", "UPDATE users SET expires ="
	    " '2020-01-01 00:00' WHERE name = 'alice@example.org'",
	    "user expired" },
	{ "denied", "alice@example.org", "INSERT INTO grants(effect, who, vm)"
	    " VALUES('deny', '*', 'debianx')", "denied by grant" },
	{ "another VM's grant", "alice@example.org",
	    "UPDATE grants SET vm = 'kali' WHERE id = 1", "no grant" },
	{ "another service", "alice@example.org",
	    "UPDATE grants SET service = 'vnc' WHERE id = 1",
	    "a grant is for another service" },
	{ "another network", "alice@example.org",
	    "UPDATE grants SET client_net = '198.51.100.0/24' WHERE id = 1",
	    "a grant asks for another client address" },
	{ "no certificate", "alice@example.org",
	    "UPDATE grants SET cert_cn = 'alice' WHERE id = 1",
	    "a grant asks for a client certificate" },
	{ "too late", "alice@example.org",
	    "UPDATE grants SET not_after = '2020-01-01 00:00' WHERE id = 1",
	    "a grant has ended" },
	{ "too early", "alice@example.org",
	    "UPDATE grants SET not_before = '2999-01-01 00:00' WHERE id = 1",
	    "a grant begins later" },
	{ "a VM that is disabled", "alice@example.org",
	    "UPDATE vms SET enabled = 0 WHERE name = 'debianx'",
	    "VM disabled" },
	{ "a VM that is unknown", "alice@example.org",
	    "DELETE FROM grants; DELETE FROM vms WHERE name = 'debianx'",
	    "unknown VM" },
};

/* Who has proved who they are has guessed nothing. */
static void
refuses(void **state)
{
	worker_end(state);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct worker *worker;

		TITLE(refusals[i].title);
		assert_int_equal(worker_begin(state), 0);
		worker = *state;
		if (refusals[i].sql != NULL)
			worker_policy(worker, refusals[i].sql);
		refused_for(worker, ask(worker, refusals[i].user, &proved),
		    refusals[i].reason);
		assert_int_equal(count(worker, "state.db", "guesses"), 0);
		if (i + 1 < COUNT(refusals))
			worker_end(state);
	}
}

static void
refuses_without_a_policy(void **state)
{
	struct worker *worker = *state;
	char path[PATH_MAX];

	strcpy(path, worker_path(worker, "policy.db"));
	assert_int_equal(rename(path, worker_path(worker, "away")), 0);
	refused_for(worker, ask(worker, "alice@example.org", &proved),
	    "policy unavailable");
}

/* What the asker refuses for comes first, and names no grant. */
static void
refuses_what_was_refused(void **state)
{
	const struct attempt_result refused = {
		.proved = true, .refusal = "no TLS",
	};
	struct worker *worker = *state;

	refused_for(worker, ask(worker, "alice@example.org", &refused),
	    "no TLS");
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT coalesce(grant, 0) FROM records"), "0");
	refused_for(worker, ask(worker, "gina@example.org", &refused),
	    "no TLS");
	assert_int_equal(count(worker, "state.db", "guesses"), 0);
}

/* --- wrong passwords ----------------------------------------------------- */

static int
failures(struct worker *worker, const char *user)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(failures), 0)"
	    " FROM guesses WHERE user = '%s'", user);
	return atoi(worker_query(worker, "state.db", sql));
}

static void
counts_wrong_passwords(void **state)
{
	static const struct {
		const char *user, *reason;
		int failures;
	} rows[] = {
		{ "alice@example.org", "wrong password", 1 },
		{ "bob@example.org", "no grant", 1 },
		{ "gina@example.org", "unknown user", 1 },
		/* no password of theirs opens anything here */
		{ "carol@example.org", "user disabled", 0 },
	};
	const struct attempt_result counted = {
		.proved = false, .counted = true,
	};
	struct worker *worker = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].user);
		refused_for(worker, ask(worker, rows[i].user, &wrong),
		    rows[i].reason);
		assert_int_equal(failures(worker, rows[i].user),
		    rows[i].failures);
		refused_for(worker, ask(worker, rows[i].user, &counted),
		    rows[i].reason);
		assert_int_equal(failures(worker, rows[i].user),
		    rows[i].failures);
	}
	/* of the address alone, too */
	assert_int_equal(failures(worker, ""), 3);
}

static void
forgets_failures_after_a_success(void **state)
{
	struct worker *worker = *state;

	ask(worker, "alice@example.org", &wrong);
	ask(worker, "alice@example.org", &wrong);
	assert_int_equal(failures(worker, "alice@example.org"), 2);
	assert_true(ask(worker, "alice@example.org", &proved).allowed);
	assert_int_equal(failures(worker, "alice@example.org"), 0);
	assert_int_equal(count(worker, "state.db", "acquaintances"), 1);
	/* a second channel of the session proves nothing new */
	ask(worker, "alice@example.org", &wrong);
	assert_true(ask(worker, "alice@example.org", &proved).allowed);
	assert_int_equal(failures(worker, "alice@example.org"), 1);
}

/* A failure that was told already leaves nothing behind, neither here nor
 * there. */
static void
records_once(void **state)
{
	const struct attempt_result recorded = { .refusal = "wrong password",
	    .counted = true, .recorded = true };
	struct worker *worker = *state;

	assert_false(ask(worker, "alice@example.org", &recorded).allowed);
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	assert_string_equal(worker_logged(worker), "");
	assert_int_equal(count(worker, "state.db", "guesses"), 0);
}

/* --- the local account --------------------------------------------------- */

static void
asks_for_the_local_account(void **state)
{
	struct question what = from("fritz@example.org", "127.0.0.1");
	struct worker *worker = *state;
	struct outcome outcome =
	    ask_over(worker, "broker", &what, &proved);

	assert_true(outcome.wants_local_user);
	assert_false(outcome.allowed);
	assert_int_equal(outcome.session, 0);
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	assert_string_equal(worker_logged(worker), "");

	what.login.request.local_asked = true;
	what.login.request.local = REQUEST_LOCAL_ACCOUNT;
	what.login.request.local_user = "mallory";
	outcome = ask_over(worker, "broker", &what, &proved);
	assert_false(outcome.wants_local_user);
	refused_for(worker, outcome, "a grant asks for another local account");
	what.login.request.local = REQUEST_LOCAL_UNKNOWN;
	what.login.request.local_user = NULL;
	refused_for(worker, ask_over(worker, "broker", &what, &proved),
	    "a grant asks for another local account");
	what.login.request.local = REQUEST_LOCAL_ACCOUNT;
	what.login.request.local_user = "fritz";
	assert_true(ask_over(worker, "broker", &what, &proved).allowed);
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT local_user FROM records WHERE verdict = 'allow'"), "fritz");
}

/* Who has proved nothing is not asked for more. */
static void
asks_no_stranger_for_the_local_account(void **state)
{
	struct worker *worker = *state;
	struct outcome outcome = ask(worker, "fritz@example.org", &wrong);

	assert_false(outcome.wants_local_user);
	assert_false(outcome.allowed);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE verdict = 'deny'"), 1);
}

/* --- tickets ------------------------------------------------------------- */

static int64_t
issue(struct worker *worker, const char *user)
{
	struct broker_message message = { .type = BROKER_TICKET };
	int64_t id;

	message.ticket.user = user;
	message.ticket.vm = "debianx";
	message.ticket.seconds = 60;
	assert_int_equal(ticket_issue(&worker->daemon.state, &message, "root",
	    clock_unix_ms() / 1000, &id), ERROR_NONE);
	return id;
}

static void
uses_a_ticket(void **state)
{
	const struct question elsewhere =
	    from("alice@example.org", "192.0.2.8");
	struct worker *worker = *state;
	struct attempt_result attempt = { .proved = true };

	attempt.ticket = issue(worker, "alice@example.org");
	assert_true(ask(worker, "alice@example.org", &attempt).allowed);
	assert_true(ask(worker, "alice@example.org", &attempt).allowed);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE event = 'used'"), 1);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE verdict = 'allow' AND ticket IS NOT NULL"), 2);
	assert_int_equal(count(worker, "state.db", "sessions"), 1);
	worker_logged(worker);
	assert_false(ask_over(worker, "broker", &elsewhere, &attempt).allowed);
	reason_is(worker, "deny", "the ticket has been used, or has lapsed");
	assert_int_equal(count(worker, "state.db", "sessions"), 1);
}

static void
keeps_the_ticket_of_who_is_refused(void **state)
{
	struct worker *worker = *state;
	struct attempt_result attempt = { .proved = true };

	attempt.ticket = issue(worker, "bob@example.org");
	refused_for(worker, ask(worker, "bob@example.org", &attempt),
	    "no grant");
	assert_int_equal(count(worker, "state.db",
	    "tickets WHERE used IS NULL"), 1);
	assert_int_equal(count(worker, "audit.db",
	    "records WHERE event = 'used'"), 0);
}

/* --- an audit that can't be written -------------------------------------- */

static sqlite3 *
lock_audit(struct worker *worker)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open(worker_path(worker, "audit.db"),
	    &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	return handle;
}

static const char unwritten[] = "a decision is not in the audit database";

static void
refuses_what_it_cannot_record(void **state)
{
	struct worker *worker = *state;
	sqlite3 *lock = lock_audit(worker);
	struct outcome outcome = ask(worker, "alice@example.org", &proved);
	const char *lines = worker_logged(worker);

	assert_false(outcome.allowed);
	assert_int_equal(outcome.session, 0);
	assert_non_null(strstr(lines, unwritten));
	assert_non_null(strstr(lines,
	    " reason=\"the audit database can't be written"));
	assert_int_equal(count(worker, "state.db", "sessions"), 0);
	sqlite3_close(lock);
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	assert_true(ask(worker, "alice@example.org", &proved).allowed);
}

static void
goes_on_if_it_is_told_to(void **state)
{
	struct worker *worker = *state;
	sqlite3 *lock = lock_audit(worker);
	struct outcome outcome;
	const char *lines;

	worker->config.audit_full = CONFIG_AUDIT_FULL_GO_ON;
	outcome = ask(worker, "alice@example.org", &proved);
	lines = worker_logged(worker);
	assert_true(outcome.allowed);
	assert_true(outcome.session != 0);
	assert_non_null(strstr(lines, unwritten));
	assert_non_null(strstr(lines, ": allow user=\"alice@example.org\""));
	assert_false(ask(worker, "bob@example.org", &proved).allowed);
	sqlite3_close(lock);
	assert_int_equal(count(worker, "audit.db", "records"), 0);
}

/* --- what a login may say ------------------------------------------------ */

static void
checks_names_and_addresses(void **state)
{
	static const struct {
		const char *user, *client;
		int rc;
		const char *text;
	} rows[] = {
		{ "alice", NULL, ERROR_NONE, "alice@example.org" },
		{ "alice@Example.ORG", NULL, ERROR_NONE, "alice@example.org" },
		{ "alice@example.org", "192.0.2.7", ERROR_NONE,
		    "alice@example.org" },
		{ "alice@example.org", "2001:db8::1", ERROR_NONE,
		    "alice@example.org" },
		{ NULL, NULL, ERROR_NAME, NULL },
		{ "", NULL, ERROR_NAME, NULL },
		{ "@example.org", NULL, ERROR_NAME, NULL },
		{ "ali\nce@example.org", NULL, ERROR_NAME, NULL },
		{ "alice@example.org", "", ERROR_VALUE, NULL },
		{ "alice@example.org", "localhost", ERROR_VALUE, NULL },
		{ "alice@example.org", "192.0.2.7;4711", ERROR_VALUE, NULL },
		{ "alice@example.org", "192.0.2.0/24", ERROR_VALUE, NULL },
	};
	const struct asker asker = worker_asker("broker");
	struct worker *worker = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct question what =
		    from(rows[i].user, rows[i].client);
		struct login login;

		TITLE(rows[i].user != NULL ? rows[i].user : "no name");
		assert_int_equal(login_parse(&login, &worker->config, &asker,
		    what.user, &what.login), rows[i].rc);
		if (rows[i].text != NULL)
			assert_string_equal(login.user.text, rows[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(allows),
		WORKER_TEST(joins_channels_to_a_session),
		WORKER_TEST(opens_no_session_over_mux),
		WORKER_TEST(refuses),
		WORKER_TEST(refuses_without_a_policy),
		WORKER_TEST(refuses_what_was_refused),
		WORKER_TEST(counts_wrong_passwords),
		WORKER_TEST(forgets_failures_after_a_success),
		WORKER_TEST(records_once),
		WORKER_TEST(asks_for_the_local_account),
		WORKER_TEST(asks_no_stranger_for_the_local_account),
		WORKER_TEST(uses_a_ticket),
		WORKER_TEST(keeps_the_ticket_of_who_is_refused),
		WORKER_TEST(refuses_what_it_cannot_record),
		WORKER_TEST(goes_on_if_it_is_told_to),
		WORKER_TEST(checks_names_and_addresses),
	};

	return cmocka_run_group_tests_name("authorize", tests, NULL, NULL);
}
