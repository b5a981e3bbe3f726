/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/state-fixture.h"

#include "base/error.h"
#include "saslauthd-ext/login/ticket.h"

enum { WINDOW = 30 };

static int64_t
issue(const char *user, const char *from, int64_t now)
{
	const struct broker_message message = {
		.ticket = {
			.user = user, .vm = "debianx", .seconds = 120,
			.from = from, .count = 1,
			.verifiers = { { "SCRAM-SHA-256", {
			    .iterations = 4096, .salt_size = 3,
			    .key_size = 32, .salt = "abc",
			    .stored_key = "stored",
			    .server_key = "server" } } },
		},
	};
	int64_t id;

	assert_int_equal(ticket_issue(&state, &message, "root", now, &id),
	    ERROR_NONE);
	assert_true(id > 0);
	return id;
}

static int64_t
find(const char *user, const char *vm, const char *client, int64_t now)
{
	const struct ticket_use use = { user, vm, client, now };
	struct verifier verifier;
	int64_t id = -1;

	memset(&verifier, 'x', sizeof(verifier));
	assert_int_equal(ticket_find(&state, &use, "SCRAM-SHA-256", WINDOW,
	    &id, &verifier), ERROR_NONE);
	assert_int_equal(verifier.iterations, id != 0 ? 4096 : 0);
	assert_string_equal((const char *)verifier.salt, id != 0 ? "abc" : "");
	return id;
}

static int
use(int64_t id, const char *client, int64_t now, bool *first_r)
{
	const struct ticket_use use = { "a@x", "debianx", client, now };

	return ticket_used(&state, id, &use, WINDOW, first_r);
}

static void
finds_tickets(void **unused)
{
	int64_t id = issue("a@x", NULL, NOW);
	const struct ticket_use it = { "a@x", "debianx", "192.0.2.1", NOW };
	struct verifier verifier;
	int64_t none;

	(void)unused;
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW), id);
	assert_int_equal(find("a@x", "debianx", NULL, NOW + 119), id);
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW + 120), 0);
	assert_int_equal(find("b@x", "debianx", "192.0.2.1", NOW), 0);
	assert_int_equal(find("a@x", "kali", "192.0.2.1", NOW), 0);
	assert_int_equal(ticket_find(&state, &it, "SCRAM-SHA-512", WINDOW,
	    &none, &verifier), ERROR_NONE);
	assert_int_equal(none, 0);
	reopen();
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW), id);
}

static void
asks_where_he_is(void **unused)
{
	int64_t id = issue("a@x", "192.0.2.0/24", NOW);

	(void)unused;
	assert_int_equal(find("a@x", "debianx", "192.0.2.200", NOW), id);
	assert_int_equal(find("a@x", "debianx", "::ffff:192.0.2.9", NOW), id);
	assert_int_equal(find("a@x", "debianx", "192.0.3.1", NOW), 0);
	assert_int_equal(find("a@x", "debianx", NULL, NOW), 0);
	assert_int_equal(find("a@x", "debianx", "", NOW), 0);
	assert_int_equal(find("a@x", "debianx", "junk", NOW), 0);
}

static void
is_for_one_session(void **unused)
{
	int64_t id = issue("a@x", NULL, NOW);
	bool first;

	(void)unused;
	assert_int_equal(use(id, "192.0.2.1", NOW + 100, &first), ERROR_NONE);
	assert_true(first);
	assert_int_equal(use(id, "192.0.2.1", NOW + 130, &first), ERROR_NONE);
	assert_false(first);
	assert_int_equal(use(id, "192.0.2.2", NOW + 110, &first),
	    ERROR_REFUSED);
	assert_int_equal(use(id, "192.0.2.1", NOW + 131, &first),
	    ERROR_REFUSED);
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW + 130), id);
	assert_int_equal(find("a@x", "debianx", "192.0.2.2", NOW + 101), 0);
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW + 131), 0);
	assert_int_equal(find("a@x", "debianx", "192.0.2.1", NOW + 99), 0);
	id = issue("a@x", NULL, NOW);
	assert_int_equal(use(id, "192.0.2.1", NOW + 120, &first),
	    ERROR_REFUSED);
	assert_int_equal(use(id + 1, "192.0.2.1", NOW, &first),
	    ERROR_REFUSED);
}

static size_t told_count;
static int64_t told_last;

static void
told_ticket(void *context, int64_t id, const char *user, const char *vm,
    const char *by)
{
	(void)context;
	assert_string_equal(user, "a@x");
	assert_string_equal(vm, "debianx");
	assert_string_equal(by, "root");
	told_count++;
	told_last = id;
}

static void
lapses_once(void **unused)
{
	int64_t first = issue("a@x", NULL, NOW), second;
	bool new;

	(void)unused;
	told_count = 0;
	assert_int_equal(ticket_expire(&state, NOW + 119, told_ticket, NULL),
	    ERROR_NONE);
	assert_int_equal(told_count, 0);
	second = issue("a@x", NULL, NOW + 10);	/* in place of the first */
	assert_int_equal(find("a@x", "debianx", NULL, NOW + 10), second);
	ticket_expire(&state, NOW + 11, told_ticket, NULL);
	assert_int_equal(told_count, 1);
	assert_int_equal(told_last, first);
	use(second, "192.0.2.1", NOW + 12, &new);
	ticket_expire(&state, NOW + 500, told_ticket, NULL);
	assert_int_equal(told_count, 1);	/* it was used */
	ticket_expire(&state, NOW + 10000, told_ticket, NULL);
	assert_int_equal(rows("tickets"), 0);
	assert_int_equal(rows("ticket_verifiers"), 0);
	assert_true(issue("a@x", NULL, NOW) > second);
}

static void
passes_over_odd_verifiers(void **unused)
{
	(void)unused;
	issue("a@x", NULL, NOW);
	sqlite3_exec(state.handle, "UPDATE ticket_verifiers SET salt ="
	    " zeroblob(65)", NULL, NULL, NULL);
	assert_int_equal(find("a@x", "debianx", NULL, NOW), 0);
	sqlite3_exec(state.handle,
	    "UPDATE ticket_verifiers SET salt = x'616263',"
	    " server_key = zeroblob(3)", NULL, NULL, NULL);
	assert_int_equal(find("a@x", "debianx", NULL, NOW), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(finds_tickets),
		STATE_TEST(asks_where_he_is),
		STATE_TEST(is_for_one_session),
		STATE_TEST(lapses_once),
		STATE_TEST(passes_over_odd_verifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
