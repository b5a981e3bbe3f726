/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "saslauthd-ext/login/attempt_table.h"

enum { START = 1000 };		/* seconds of uptime */

static struct attempt_table table, other;
static struct identity alice, bob;

static const struct request_login as_alice = {
	.mechanism = "SCRAM-SHA-256",
	.request = { .user = &alice, .client = "192.0.2.7" },
};

static int
clear_tables(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	memset(&other, 0, sizeof(other));
	return identity_parse(&alice, "alice@example.org", 17, NULL) +
	    identity_parse(&bob, "bob@example.org", 15, NULL);
}

static uint64_t
open_with_ticket(int64_t ticket, int64_t now)
{
	const struct attempt_result attempt = { .ticket = ticket };
	uint64_t number = attempt_table_open(&table, &as_alice, &attempt, now);

	assert_true(number != 0);
	return number;
}

/* The ticket of what is found; -1, and the reason has to be that, if it is
 * nothing. */
static int64_t
find(uint64_t number, const struct request_login *login, int64_t now,
    const char *reason)
{
	struct attempt_result attempt;
	const char *refusal = attempt_table_find(&table, number, login, now,
	    &attempt);

	assert_int_equal(refusal == NULL, reason == NULL);
	if (refusal == NULL)
		return attempt.ticket;
	assert_non_null(strstr(refusal, reason));
	assert_int_equal(attempt.ticket, 0);
	return -1;
}

static void
finds_until_it_is_closed(void **state)
{
	uint64_t first = open_with_ticket(1, START);
	uint64_t second = open_with_ticket(2, START);

	(void)state;
	assert_true(first != second);
	assert_int_equal(find(second, &as_alice, START, NULL), 2);
	assert_int_equal(find(second, &as_alice, START, NULL), 2);
	assert_int_equal(find(first, &as_alice, START, NULL), 1);
	attempt_table_close(&table, second);
	find(second, &as_alice, START, "decided already");
	assert_int_equal(find(first, &as_alice, START, NULL), 1);
	attempt_table_close(&table, first);
	attempt_table_close(&table, first);
	attempt_table_close(&table, 0);
	find(first, &as_alice, START, "decided already");
}

static void
knows_no_other_numbers(void **state)
{
	uint64_t number;
	struct attempt_result attempt;

	(void)state;
	find(0, &as_alice, START, "not asked before");
	find(1, &as_alice, START, "not asked before");
	number = open_with_ticket(1, START);
	find(0, &as_alice, START, "not asked before");
	find(number + 1, &as_alice, START, "not asked before");
	find(number - 1, &as_alice, START, "not asked before");
	find(UINT64_MAX, &as_alice, START, "not asked before");
	/* another connection's */
	memset(&attempt, 0, sizeof(attempt));
	attempt_table_open(&other, &as_alice, &attempt, START);
	assert_non_null(attempt_table_find(&other, number, &as_alice, START,
	    &attempt));
	assert_int_equal(find(number, &as_alice, START, NULL), 1);
}

static void
is_good_for_its_time(void **state)
{
	uint64_t number = open_with_ticket(1, START);

	(void)state;
	assert_int_equal(find(number, &as_alice, START + ATTEMPT_SECONDS,
	    NULL), 1);
	find(number, &as_alice, START + ATTEMPT_SECONDS + 1, "took too long");
	/* and stays so */
	find(number, &as_alice, START, "took too long");
}

static void
is_good_for_its_login(void **state)
{
	static const struct {
		const char *title;
		struct request_login login;
	} rows[] = {
		{ "another user", { "SCRAM-SHA-256",
		    { .user = &bob, .client = "192.0.2.7" } } },
		{ "another client", { "SCRAM-SHA-256",
		    { .user = &alice, .client = "192.0.2.70" } } },
		{ "no client", { "SCRAM-SHA-256", { .user = &alice } } },
		{ "another mechanism", { "SCRAM-SHA-512",
		    { .user = &alice, .client = "192.0.2.7" } } },
		{ "no mechanism", { NULL,
		    { .user = &alice, .client = "192.0.2.7" } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t number = open_with_ticket(1, START);

		TITLE(rows[i].title);
		find(number, &rows[i].login, START, "another user, client");
		/* whoever tries has used it */
		find(number, &as_alice, START, "decided already");
	}
}

static void
lets_the_oldest_lapse(void **state)
{
	uint64_t numbers[ATTEMPT_TABLE_MAX + 1];

	(void)state;
	for (int i = 0; i < ATTEMPT_TABLE_MAX; i++)
		numbers[i] = open_with_ticket(i + 1, START);
	assert_int_equal(find(numbers[0], &as_alice, START, NULL), 1);
	/* one that is closed makes room */
	attempt_table_close(&table, numbers[5]);
	numbers[5] = open_with_ticket(6, START);
	assert_int_equal(find(numbers[0], &as_alice, START, NULL), 1);
	numbers[ATTEMPT_TABLE_MAX] =
	    open_with_ticket(ATTEMPT_TABLE_MAX + 1, START);
	find(numbers[0], &as_alice, START, "decided already, or took");
	for (int i = 1; i <= ATTEMPT_TABLE_MAX; i++)
		assert_int_equal(find(numbers[i], &as_alice, START, NULL),
		    i + 1);
}

#define TABLE_TEST(test) cmocka_unit_test_setup(test, clear_tables)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TABLE_TEST(finds_until_it_is_closed),
		TABLE_TEST(knows_no_other_numbers),
		TABLE_TEST(is_good_for_its_time),
		TABLE_TEST(is_good_for_its_login),
		TABLE_TEST(lets_the_oldest_lapse),
	};

	return cmocka_run_group_tests_name("attempt-table", tests, NULL, NULL);
}
