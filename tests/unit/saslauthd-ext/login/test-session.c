/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/state-fixture.h"

#include "base/error.h"
#include "saslauthd-ext/login/session.h"

static size_t ended;

static void
told_session(void *context, const struct session *session)
{
	(void)context;
	assert_string_equal(session->user, "a@x");
	assert_int_equal(session->grant, 7);
	ended++;
}

static uint64_t
channel(const char *client, pid_t pid, bool *new_r)
{
	const struct session session = {
		.user = "a@x", .vm = "debianx", .service = NULL,
		.client = client, .mechanism = "PLAIN", .grant = 7,
		.begin = NOW * 1000, .pid = pid, .start = 1000,
	};
	uint64_t id;

	assert_int_equal(session_channel(&state, &session, &id, new_r),
	    ERROR_NONE);
	assert_true(id != 0 && id < UINT64_C(1) << 63);
	return id;
}

static void
end_channel(uint64_t id, pid_t pid, uint64_t start)
{
	const struct peer peer = { .pid = pid, .start = start };

	assert_int_equal(session_channel_end(&state, id, &peer, told_session,
	    NULL), ERROR_NONE);
}

static void
counts_channels(void **unused)
{
	bool new;
	uint64_t id = channel("192.0.2.1", 11, &new);

	(void)unused;
	ended = 0;
	assert_true(new);
	assert_true(channel("192.0.2.1", 11, &new) == id && !new);
	assert_true(channel("192.0.2.2", 11, &new) != id && new);
	assert_true(channel("192.0.2.1", 12, &new) != id && new);
	assert_true(channel(NULL, 11, &new) != id && new);
	reopen();
	assert_true(channel("192.0.2.1", 11, &new) == id && !new);
	end_channel(id, 12, 1000);	/* another VM's process */
	end_channel(id, 11, 1001);
	end_channel(id + 1, 11, 1000);
	end_channel(0, 11, 1000);
	end_channel(id, 11, 1000);
	end_channel(id, 11, 1000);
	assert_int_equal(ended, 0);
	end_channel(id, 11, 1000);
	assert_int_equal(ended, 1);
	end_channel(id, 11, 1000);
	assert_int_equal(ended, 1);
	assert_true(channel("192.0.2.1", 11, &new) != id && new);
}

static bool
is_eleven(void *context, pid_t pid, uint64_t start)
{
	(void)context;
	assert_int_equal(start, 1000);
	return pid == 11;
}

static void
ends_with_the_process(void **unused)
{
	bool new;

	(void)unused;
	ended = 0;
	channel("192.0.2.1", 11, &new);
	channel("192.0.2.1", 12, &new);
	channel("192.0.2.1", 12, &new);
	channel("192.0.2.2", 13, &new);
	assert_int_equal(session_expire(&state, is_eleven, told_session, NULL),
	    ERROR_NONE);
	assert_int_equal(ended, 2);
	assert_int_equal(rows("sessions"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(counts_channels),
		STATE_TEST(ends_with_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
