/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whose password it is, as the policy's verifiers, PAM and tickets say. */

#include "base/clock.h"
#include "tests/unit/saslauthd-ext/worker-fixture.h"

#include <stdio.h>

#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/login/ticket.h"
#include "scram/scram.h"

enum { CHECKS_MAX = 4 };

static const char here[] = "192.0.2.7";

/* What came of one check. */
struct check {
	size_t told, forgotten;
	struct password_answer answer;
};

static void
on_told(void *context, const struct password_answer *answer)
{
	struct check *check = context;

	if (answer == NULL) {
		check->forgotten++;
		return;
	}
	check->told++;
	check->answer = *answer;
}

static bool
is_told(void *context)
{
	const struct check *check = context;

	return check->told != 0;
}

static void
begin_for(struct worker *worker, const char *service, const char *user,
    const char *password, struct check *check_r)
{
	const struct asker asker = worker_asker("broker");
	const struct request_login what = {
		.mechanism = "PLAIN",
		.request = { .service = service, .client = here },
	};
	char copy[2 * BROKER_PASSWORD_MAX];
	struct login login;

	assert_int_equal(login_parse(&login, &worker->config, &asker, user,
	    &what), ERROR_NONE);
	memset(check_r, 0, sizeof(*check_r));
	snprintf(copy, sizeof(copy), "%s", password);
	password_check(&worker->daemon, &login, copy, on_told, check_r);
	memset(copy, 'x', sizeof(copy));	/* it has one of its own */
}

static void
begin(struct worker *worker, const char *user, const char *password,
    struct check *check_r)
{
	begin_for(worker, "spice", user, password, check_r);
}

static struct password_answer
check(struct worker *worker, const char *user, const char *password)
{
	struct check check;

	begin(worker, user, password, &check);
	worker_serve(worker, is_told, &check);
	assert_int_equal(check.told, 1);
	return check.answer;
}

static int
failures(struct worker *worker, const char *user)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(failures), 0)"
	    " FROM guesses WHERE user = '%s'", user);
	return atoi(worker_query(worker, "state.db", sql));
}

static void
is_right(struct password_answer answer)
{
	assert_true(answer.right);
	assert_null(answer.reason);
	assert_int_equal(answer.ticket, 0);
}

static void
is_wrong(struct password_answer answer, const char *reason)
{
	assert_false(answer.right);
	assert_int_equal(answer.ticket, 0);
	if (reason != NULL)
		assert_string_equal(answer.reason, reason);
	else
		assert_null(answer.reason);
}

/* --- the policy's verifiers ---------------------------------------------- */

static void
asks_the_policy(void **state)
{
	/* who is not to get in is not told whether the password was right */
	static const struct {
		const char *title, *user, *password;
		bool right;
		const char *reason;
		int failures;
	} rows[] = {
		{ "right", "alice@example.org", "secret alice", true, NULL, 0 },
		{ "default realm", "alice", "secret alice", true, NULL, 0 },
		{ "wrong", "alice@example.org", "secret bob", false,
		    "wrong password", 1 },
		{ "none", "alice@example.org", "", false, "wrong password", 2 },
		{ "no text", "alice@example.org", "secret alice\377", false,
		    "wrong password", 3 },
		{ "no grant, right", "bob@example.org", "secret bob", false,
		    NULL, 0 },
		{ "no grant, wrong", "bob@example.org", "secret", false, NULL,
		    1 },
		{ "unknown", "gina@example.org", "secret gina", false, NULL,
		    1 },
		{ "disabled, right", "carol@example.org", "secret carol",
		    false, NULL, 0 },
		{ "disabled, wrong", "carol@example.org", "secret", false,
		    NULL, 0 },
		{ "nobody vouches", "emil@closed.example.org", "secret emil",
		    false, "wrong password", 1 },
		{ "wants an account", "fritz@example.org", "secret fritz",
		    true, NULL, 0 },
	};
	struct worker *worker = *state;

	worker->config.guess_address_limit = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct password_answer answer;

		TITLE(rows[i].title);
		answer = check(worker, rows[i].user, rows[i].password);
		if (rows[i].right)
			is_right(answer);
		else
			is_wrong(answer, rows[i].reason);
		assert_int_equal(answer.counted, !rows[i].right &&
		    strstr(rows[i].title, ", right") == NULL);
		if (strchr(rows[i].user, '@') != NULL)
			assert_int_equal(failures(worker, rows[i].user),
			    rows[i].failures);
	}
	assert_int_equal(worker->questions, 0);
}

/* Longer than any password may be, so there is nothing to compare. */
static void
refuses_the_endless(void **state)
{
	struct worker *worker = *state;
	char longest[BROKER_PASSWORD_MAX + 2];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	is_wrong(check(worker, "dora@local.example.org", longest), NULL);
	assert_int_equal(worker->questions, 0);
	longest[sizeof(longest) - 2] = '\0';
	is_wrong(check(worker, "dora@local.example.org", longest),
	    "PAM refuses the password or the account");
	assert_int_equal(worker->questions, 1);
}

static void
fails_without_a_policy(void **state)
{
	struct worker *worker = *state;
	char path[PATH_MAX];

	strcpy(path, worker_path(worker, "policy.db"));
	assert_int_equal(rename(path, worker_path(worker, "away")), 0);
	is_wrong(check(worker, "alice@example.org", "secret alice"), NULL);
	assert_int_equal(failures(worker, "alice@example.org"), 0);
}

/* --- guesses ------------------------------------------------------------- */

static void
counts_a_wrong_password_once(void **state)
{
	struct worker *worker = *state;

	for (int i = 0; i < 5; i++)
		is_wrong(check(worker, "alice@example.org", "a"),
		    "wrong password");
	assert_int_equal(failures(worker, "alice@example.org"), 1);
	is_wrong(check(worker, "alice@example.org", "b"), "wrong password");
	assert_int_equal(failures(worker, "alice@example.org"), 2);
}

/* A check that is refused for its service learns nothing and counts nothing;
 * one that shares its answer does both. */
static void
counts_for_each_that_learns(void **state)
{
	struct worker *worker = *state;
	struct check hidden, told;

	begin_for(worker, "vnc", "alice@example.org", "a", &hidden);
	worker_serve(worker, is_told, &hidden);
	assert_int_equal(failures(worker, "alice@example.org"), 0);
	begin_for(worker, "vnc", "alice@example.org", "b", &hidden);
	begin(worker, "alice@example.org", "b", &told);
	worker_serve(worker, is_told, &told);
	assert_false(hidden.answer.right || told.answer.right);
	assert_int_equal(failures(worker, "alice@example.org"), 1);
}

static void
locks_after_too_many(void **state)
{
	static const char *const guesses[] = { "a", "b", "c" };
	struct worker *worker = *state;

	for (size_t i = 0; i < COUNT(guesses); i++)
		is_wrong(check(worker, "dora@local.example.org", guesses[i]),
		    "PAM refuses the password or the account");
	assert_int_equal(failures(worker, "dora@local.example.org"), 3);
	/* a back-off that no slow machine lives to see the end of */
	worker_query(worker, "state.db", "UPDATE guesses SET failures = 13"
	    " WHERE user <> ''");
	worker->questions = 0;
	is_wrong(check(worker, "dora@local.example.org", "secret dora"),
	    throttle_locked_reason);
	assert_int_equal(worker->questions, 0);
	assert_int_equal(failures(worker, "dora@local.example.org"), 13);
	/* which is nobody else's matter yet */
	is_right(check(worker, "alice@example.org", "secret alice"));
}

/* --- PAM ----------------------------------------------------------------- */

static void
asks_pam(void **state)
{
	struct worker *worker = *state;
	const struct pam_question *question = &worker->helper[0].question;

	is_right(check(worker, "dora@local.example.org", "secret dora"));
	assert_int_equal(worker->questions, 1);
	assert_string_equal(question->user, "dora");
	assert_string_equal(question->service, "spice");
	assert_string_equal(question->tty, "debianx");
	assert_string_equal(question->rhost, here);
	is_wrong(check(worker, "dora@local.example.org", "secret alice"),
	    "PAM refuses the password or the account");
	assert_int_equal(failures(worker, "dora@local.example.org"), 1);
	worker->config.realms[1].full_name = true;
	is_wrong(check(worker, "dora@local.example.org", "x"),
	    "PAM refuses the password or the account");
	assert_string_equal(question->user, "dora@local.example.org");
}

/* The channels of a session present one password, which PAM may take once. */
static void
asks_pam_once_a_window(void **state)
{
	struct worker *worker = *state;

	for (int i = 0; i < 3; i++)
		is_right(check(worker, "dora@local.example.org",
		    "secret dora"));
	assert_int_equal(worker->questions, 1);
	is_wrong(check(worker, "dora@local.example.org", "secret alice"),
	    "PAM refuses the password or the account");
	assert_int_equal(worker->questions, 2);
	recent_password_forget_all(worker->daemon.right);
	is_right(check(worker, "dora@local.example.org", "secret dora"));
	assert_int_equal(worker->questions, 3);
}

static void
asks_pam_once_for_all_who_wait(void **state)
{
	struct worker *worker = *state;
	struct check checks[CHECKS_MAX];

	worker->pam = WORKER_PAM_HOLDS;
	for (size_t i = 0; i < COUNT(checks); i++)
		begin(worker, "dora@local.example.org", i == 0 ? "wrong" :
		    "secret dora", &checks[i]);
	while (worker->questions < 2)
		event_base_loop(worker->daemon.base, EVLOOP_ONCE);
	for (size_t i = 0; i < COUNT(checks); i++)
		assert_int_equal(checks[i].told, 0);
	worker_pam_answer(worker);
	for (size_t i = 0; i < COUNT(checks); i++) {
		worker_serve(worker, is_told, &checks[i]);
		assert_int_equal(checks[i].told, 1);
		assert_int_equal(checks[i].answer.right, i != 0);
	}
	assert_int_equal(worker->questions, 2);
}

static void
counts_no_broken_pam(void **state)
{
	struct worker *worker = *state;

	worker->pam = WORKER_PAM_BREAKS;
	is_wrong(check(worker, "dora@local.example.org", "secret dora"),
	    "PAM did not answer");
	assert_int_equal(failures(worker, "dora@local.example.org"), 0);
	worker->pam = WORKER_PAM_ANSWERS;
	is_right(check(worker, "dora@local.example.org", "secret dora"));
}

/* To some PAM modules such a name is one of another realm. */
static void
gives_pam_no_name_with_an_at(void **state)
{
	struct worker *worker = *state;

	worker_policy(worker,
	    "INSERT INTO users(name) VALUES('root@evil@local.example.org');"
	    "INSERT INTO grants(who, vm)"
	    " VALUES('root@evil@local.example.org', 'debianx')");
	is_wrong(check(worker, "root@evil@local.example.org",
	    "secret root@evil"), "PAM knows no name with an @ in it");
	assert_int_equal(worker->questions, 0);
}

/* The worker ends while PAM thinks. */
static void
forgets_what_is_under_way(void **state)
{
	struct worker *worker = *state;
	struct check under_way[2];

	worker->pam = WORKER_PAM_HOLDS;
	begin(worker, "dora@local.example.org", "secret dora", &under_way[0]);
	begin(worker, "dora@local.example.org", "secret dora", &under_way[1]);
	while (worker->questions == 0)
		event_base_loop(worker->daemon.base, EVLOOP_ONCE);
	assert_int_equal(worker_end(state), 0);
	for (size_t i = 0; i < COUNT(under_way); i++) {
		assert_int_equal(under_way[i].told, 0);
		assert_int_equal(under_way[i].forgotten, 1);
	}
	assert_int_equal(worker_begin(state), 0);
}

/* --- tickets ------------------------------------------------------------- */

static int64_t
issue(struct worker *worker, const char *user, const char *password)
{
	struct broker_message message = { .type = BROKER_TICKET };
	int64_t id;

	message.ticket.user = user;
	message.ticket.vm = "debianx";
	message.ticket.seconds = 60;
	message.ticket.count = 1;
	message.ticket.verifiers[0].mechanism = "SCRAM-SHA-256";
	assert_int_equal(scram_verifier_make("SCRAM-SHA-256", password,
	    SCRAM_ITERATIONS_MIN, &message.ticket.verifiers[0].verifier),
	    ERROR_NONE);
	assert_int_equal(ticket_issue(&worker->daemon.state, &message, "root",
	    clock_unix_ms() / 1000, &id), ERROR_NONE);
	return id;
}

static void
asks_tickets_first(void **state)
{
	struct worker *worker = *state;
	int64_t id = issue(worker, "dora@local.example.org", "paper");
	struct password_answer answer =
	    check(worker, "dora@local.example.org", "paper");

	assert_true(answer.right);
	assert_int_equal(answer.ticket, id);
	assert_int_equal(worker->questions, 0);
	is_right(check(worker, "dora@local.example.org", "secret dora"));
	is_wrong(check(worker, "dora@local.example.org", "scissors"),
	    "PAM refuses the password or the account");
	assert_int_equal(worker->questions, 2);
	assert_int_equal(failures(worker, "dora@local.example.org"), 1);
}

static void
keeps_the_ticket_from_who_is_refused(void **state)
{
	struct worker *worker = *state;

	issue(worker, "bob@example.org", "paper");
	is_wrong(check(worker, "bob@example.org", "paper"), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(asks_the_policy),
		WORKER_TEST(refuses_the_endless),
		WORKER_TEST(fails_without_a_policy),
		WORKER_TEST(counts_a_wrong_password_once),
		WORKER_TEST(counts_for_each_that_learns),
		WORKER_TEST(locks_after_too_many),
		WORKER_TEST(asks_pam),
		WORKER_TEST(asks_pam_once_a_window),
		WORKER_TEST(asks_pam_once_for_all_who_wait),
		WORKER_TEST(counts_no_broken_pam),
		WORKER_TEST(gives_pam_no_name_with_an_at),
		WORKER_TEST(forgets_what_is_under_way),
		WORKER_TEST(asks_tickets_first),
		WORKER_TEST(keeps_the_ticket_from_who_is_refused),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
