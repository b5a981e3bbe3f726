/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/state-fixture.h"

#include "base/error.h"
#include "saslauthd-ext/login/throttle.h"

static void
fails(const char *user, const char *client, int64_t now, int times)
{
	const struct throttle_key guess = { user, client, now };

	while (times-- > 0)
		assert_int_equal(throttle_failed(&state, &config, &guess),
		    ERROR_NONE);
}

static bool
locked(const char *user, const char *client, int64_t now)
{
	const struct throttle_key guess = { user, client, now };

	return throttle_locked(&state, &config, &guess);
}

static void
succeed(const char *user, const char *client, int64_t now)
{
	const struct throttle_key guess = { user, client, now };

	assert_int_equal(throttle_succeeded(&state, &config, &guess),
	    ERROR_NONE);
}

static void
counts_user_and_address(void **unused)
{
	(void)unused;
	fails("a@x", "192.0.2.1", NOW, 2);
	assert_false(locked("a@x", "192.0.2.1", NOW));
	fails("a@x", "192.0.2.1", NOW, 1);
	assert_true(locked("a@x", "192.0.2.1", NOW));
	assert_false(locked("a@x", "192.0.2.2", NOW));
	assert_false(locked("b@x", "192.0.2.1", NOW));
	assert_false(locked("a@x", NULL, NOW));
	reopen();
	assert_true(locked("a@x", "192.0.2.1", NOW));
}

static void
backs_off_and_forgets(void **unused)
{
	(void)unused;
	fails("a@x", "192.0.2.1", NOW, 3);
	assert_true(locked("a@x", "192.0.2.1", NOW));
	assert_false(locked("a@x", "192.0.2.1", NOW + 1));
	fails("a@x", "192.0.2.1", NOW, 3);	/* the sixth: eight seconds */
	assert_true(locked("a@x", "192.0.2.1", NOW + 7));
	assert_false(locked("a@x", "192.0.2.1", NOW + 8));
	fails("a@x", "192.0.2.1", NOW, 60);
	assert_true(locked("a@x", "192.0.2.1", NOW + 899));
	assert_false(locked("a@x", "192.0.2.1", NOW + 900));
	fails("a@x", "192.0.2.1", NOW + 900, 1);	/* counts from one */
	assert_false(locked("a@x", "192.0.2.1", NOW + 900));
	/* a clock that is set back neither forgets nor locks for ever */
	fails("b@x", "192.0.2.9", NOW, 3);
	assert_true(locked("b@x", "192.0.2.9", NOW - 5000));
	config.guess_limit = 0;
	config.guess_address_limit = 0;
	fails("c@x", "192.0.2.1", NOW, 50);
	assert_false(locked("c@x", "192.0.2.1", NOW));
}

static void
counts_addresses_alone(void **unused)
{
	static const char *const users[] = { "a@x", "b@x", "c@x", "d@x",
	    "e@x", "f@x" };

	(void)unused;
	for (size_t i = 0; i < 6; i++) {
		assert_false(locked("g@x", "192.0.2.1", NOW));
		fails(users[i], "192.0.2.1", NOW, 1);
	}
	assert_true(locked("g@x", "192.0.2.1", NOW));
	assert_true(locked("g@x", "192.0.2.1", NOW));
	assert_false(locked("g@x", "192.0.2.2", NOW));
	fails("h@x", NULL, NOW, 1);
	assert_false(locked("i@x", NULL, NOW));
}

static void
takes_a_network_of_ipv6_for_one_address(void **unused)
{
	char client[64];

	(void)unused;
	for (int i = 1; i <= 6; i++) {
		snprintf(client, sizeof(client), "2001:db8::%d", i);
		fails("a@x", client, NOW, 1);
	}
	assert_true(locked("b@x", "2001:db8::77", NOW));
	assert_false(locked("b@x", "2001:db8:0:1::77", NOW));
	/* what stands for IPv4 is not one network */
	for (int i = 1; i <= 6; i++) {
		snprintf(client, sizeof(client), "::ffff:192.0.2.%d", i);
		fails("a@x", client, NOW, 1);
	}
	assert_false(locked("b@x", "::ffff:192.0.2.77", NOW));
}

static void
locks_nobody_out_of_his_own_place(void **unused)
{
	(void)unused;
	succeed("a@x", "192.0.2.1", NOW);
	for (int i = 0; i < 20; i++)
		fails("mallory@x", "192.0.2.1", NOW, 1);
	assert_true(locked("b@x", "192.0.2.1", NOW));
	assert_false(locked("a@x", "192.0.2.1", NOW));
	fails("a@x", "192.0.2.1", NOW, 60);
	assert_true(locked("a@x", "192.0.2.1",
	    NOW + THROTTLE_KNOWN_BACKOFF - 1));
	assert_false(locked("a@x", "192.0.2.1", NOW + THROTTLE_KNOWN_BACKOFF));
	succeed("a@x", "192.0.2.1", NOW);
	assert_false(locked("a@x", "192.0.2.1", NOW));
	assert_true(locked("b@x", "192.0.2.1", NOW));	/* it stays counted */
	assert_true(locked("a@x", "192.0.2.1",
	    NOW + THROTTLE_KNOWN_DAYS * INT64_C(86400)) == false);
}

static void
drops_what_is_forgotten(void **unused)
{
	const int64_t later = NOW + THROTTLE_KNOWN_DAYS * INT64_C(86400);

	(void)unused;
	fails("a@x", "192.0.2.1", NOW, 1);
	succeed("b@x", "192.0.2.1", NOW);
	assert_int_equal(rows("guesses"), 2);
	assert_int_equal(throttle_expire(&state, &config, NOW + 899),
	    ERROR_NONE);
	assert_int_equal(rows("guesses"), 2);
	assert_int_equal(throttle_expire(&state, &config, NOW + 900),
	    ERROR_NONE);
	assert_int_equal(rows("guesses"), 0);
	assert_int_equal(rows("acquaintances"), 1);
	assert_int_equal(throttle_expire(&state, &config, later), ERROR_NONE);
	assert_int_equal(rows("acquaintances"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(counts_user_and_address),
		STATE_TEST(backs_off_and_forgets),
		STATE_TEST(counts_addresses_alone),
		STATE_TEST(takes_a_network_of_ipv6_for_one_address),
		STATE_TEST(locks_nobody_out_of_his_own_place),
		STATE_TEST(drops_what_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
