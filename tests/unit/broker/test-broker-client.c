/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* broker/client.c and a daemon that does what it is told to. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "broker/client.h"

enum { SHORT_MS = 150, LONG_MS = 5000, ENDS_MAX = 256 };

/* What the daemon does about a question. */
enum deed {
	ANSWER, ANSWER_ERROR, ANSWER_OLDER, ANSWER_LATER, ANSWER_OTHER_ID,
	ANSWER_OTHER_TYPE, ANSWER_NOISE, ANSWER_HUGE, HANG_UP, SAY_NOTHING,
};

struct daemon {
	char folder[64], path[96];
	struct sockaddr_un address;
	int listener, peer;		/* -1: none */
	pthread_t thread;
	enum deed deeds[8];		/* one a question; the last goes on */
	_Atomic size_t questions, connections;
	_Atomic uint64_t ends[512];
	_Atomic size_t end_count;
	_Atomic bool stopping;
};

static struct daemon here;

/* --- the daemon, in a thread --------------------------------------------- */

static enum deed
next_deed(void)
{
	size_t i = here.questions++;

	return here.deeds[i < COUNT(here.deeds) ? i : COUNT(here.deeds) - 1];
}

static void
reply(const struct broker_message *answer)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size = broker_encode(packet, answer);

	assert_true(size > 0);
	(void)!send(here.peer, packet, size, MSG_NOSIGNAL);
}

static void
hang_up(void)
{
	close(here.peer);
	here.peer = -1;
}

static void
do_deed(const struct broker_message *question)
{
	static const unsigned char noise[2 * BROKER_MESSAGE_MAX] = { 2, 0x83 };
	struct broker_message answer = {
		.type = BROKER_DECISION, .id = question->id, .session = 42,
	};

	enum deed deed = next_deed();

	switch (deed) {
	case ANSWER:
		reply(&answer);
		break;
	case ANSWER_ERROR:
		answer.type = BROKER_ERROR;
		answer.error = BROKER_E_BUSY;
		answer.text = "come back later";
		reply(&answer);
		break;
	case ANSWER_OLDER:
	case ANSWER_LATER:
		answer.version = deed == ANSWER_OLDER ? BROKER_VERSION - 1 :
		    BROKER_VERSION;
		answer.type = BROKER_ERROR;
		answer.error = BROKER_E_VERSION;
		answer.text = "upgrade the plugin, says the later one";
		reply(&answer);
		break;
	case ANSWER_OTHER_ID:
		answer.id++;
		reply(&answer);
		break;
	case ANSWER_OTHER_TYPE:
		answer.type = BROKER_RESULT;
		answer.attempt = 1;
		reply(&answer);
		break;
	case ANSWER_NOISE:
		(void)!send(here.peer, noise, 100, MSG_NOSIGNAL);
		break;
	case ANSWER_HUGE:
		(void)!send(here.peer, noise, sizeof(noise), MSG_NOSIGNAL);
		break;
	case HANG_UP:
		hang_up();
		break;
	case SAY_NOTHING:
		break;
	}
}

static void
hear(void)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message;
	ssize_t got = recv(here.peer, packet, sizeof(packet), 0);

	if (got <= 0) {
		hang_up();
		return;
	}
	assert_int_equal(broker_decode(&message, packet, (size_t)got), 0);
	if (message.type != BROKER_END) {
		do_deed(&message);
		return;
	}
	here.ends[here.end_count] = message.session;
	here.end_count++;	/* only now may the test read it */
}

/* One connection at a time, and a new one takes its place. */
static void *
serve(void *context)
{
	while (!here.stopping) {
		struct pollfd fds[] = {
			{ .fd = here.peer, .events = POLLIN },
			{ .fd = here.listener, .events = POLLIN },
		};

		poll(fds, 2, 10);
		if (fds[0].revents != 0)
			hear();
		else if (fds[1].revents != 0) {
			if (here.peer >= 0)
				close(here.peer);
			here.peer = accept(here.listener, NULL, NULL);
			here.connections++;
		}
	}
	return context;
}

static void
start(enum deed first, enum deed then)
{
	here.deeds[0] = first;
	for (size_t i = 1; i < COUNT(here.deeds); i++)
		here.deeds[i] = then;
	here.questions = here.connections = here.end_count = 0;
	here.stopping = false;
	here.peer = -1;
	here.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unlink(here.path);
	assert_int_equal(bind(here.listener,
	    (const struct sockaddr *)&here.address, sizeof(here.address)), 0);
	assert_int_equal(listen(here.listener, 8), 0);
	assert_int_equal(pthread_create(&here.thread, NULL, serve, NULL), 0);
}

static void
stop(void)
{
	here.stopping = true;
	pthread_join(here.thread, NULL);
	close(here.listener);
	if (here.peer >= 0)
		close(here.peer);
}

/* --- the client ---------------------------------------------------------- */

static struct broker_client *client;
static char detail[BROKER_DETAIL_MAX];	/* of the last question */

static int
ask(int timeout_ms)
{
	const struct broker_message question = {
		.type = BROKER_DECIDE, .user = "alice@b",
	};
	struct broker_message answer;
	int rc = broker_client_ask(client, &question, timeout_ms, &answer,
	    detail);

	assert_int_equal(answer.session, rc == ERROR_NONE ? 42 : 0);
	assert_true((rc == ERROR_NONE) == (detail[0] == '\0'));
	return rc;
}

static void
expect_detail(const char *text)
{
	assert_non_null(strstr(detail, here.path));
	assert_non_null(strstr(detail, text));
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- tests --------------------------------------------------------------- */

static void
wants_a_path(void **state)
{
	static char longest[200] = "/";
	struct broker_client *none;

	(void)state;
	assert_int_equal(broker_client_new(&none, "run/broker"),
	    ERROR_VALUE);
	assert_null(none);
	memset(longest + 1, 'x', sizeof(longest) - 2);
	assert_int_equal(broker_client_new(&none, longest), ERROR_VALUE);
	longest[sizeof(here.address.sun_path)] = '\0';
	assert_int_equal(broker_client_new(&none, longest), ERROR_VALUE);
	longest[sizeof(here.address.sun_path) - 1] = '\0';
	assert_int_equal(broker_client_new(&none, longest), ERROR_NONE);
	broker_client_free(&none);
	broker_client_free(&none);
}

static void
finds_a_daemon_that_comes_and_goes(void **state)
{
	(void)state;
	assert_int_equal(ask(LONG_MS), ERROR_BROKER);
	expect_detail("No such file");
	start(ANSWER, ANSWER);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(here.connections, 1);
	stop();
	assert_int_equal(ask(LONG_MS), ERROR_BROKER);
	expect_detail("refused");
	start(ANSWER, ANSWER);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	stop();
	start(ANSWER, ANSWER);	/* and the connection is dead by now */
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	stop();
}

static void
tries_a_dead_connection_once_more(void **state)
{
	(void)state;
	start(ANSWER, HANG_UP);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(ask(LONG_MS), ERROR_BROKER);
	expect_detail("closed");
	assert_int_equal(here.questions, 3);
	stop();
}

/* A question that is longer than the protocol allows costs the others nothing:
 * the connection, to which their attempts belong, stays. */
static void
keeps_the_connection_of_a_long_question(void **state)
{
	static char user[300];
	struct broker_message long_question = {
		.type = BROKER_DECIDE, .user = user,
	}, answer;

	(void)state;
	memset(user, 'x', sizeof(user) - 1);
	start(ANSWER, ANSWER);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(broker_client_ask(client, &long_question, LONG_MS,
	    &answer, detail), ERROR_BROKER);
	assert_non_null(strstr(detail, "too long"));
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(here.connections, 1);
	stop();
}

static const struct {
	enum deed deed;
	const char *detail;
} bad[] = {
	{ ANSWER_ERROR, "come back later" },
	{ ANSWER_OLDER, "vmauthzd speaks version 1, this plugin version 2: "
	    "upgrade vmauthzd" },
	{ ANSWER_LATER, "upgrade the plugin, says the later one" },
	{ ANSWER_OTHER_ID, "not an answer" },
	{ ANSWER_OTHER_TYPE, "something else" },
	{ ANSWER_NOISE, "not an answer" },
	{ ANSWER_HUGE, "not an answer" },
	{ HANG_UP, "closed" },
};

static void
refuses_bad_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		TITLE(bad[i].detail);
		start(bad[i].deed, ANSWER);
		assert_int_equal(ask(LONG_MS), ERROR_BROKER);
		expect_detail(bad[i].detail);
		assert_int_equal(ask(LONG_MS), ERROR_NONE);
		stop();
	}
}

static void
waits_no_longer_than_told(void **state)
{
	int64_t begun, took;

	(void)state;
	start(SAY_NOTHING, ANSWER);
	begun = now_ms();
	assert_int_equal(ask(SHORT_MS), ERROR_BROKER);
	took = now_ms() - begun;
	expect_detail("in time");
	assert_in_range(took, SHORT_MS, SHORT_MS + 2000);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	assert_int_equal(here.connections, 2);	/* nothing late can come */
	stop();
}

static void
await_ends(size_t count)
{
	for (int i = 0; i < 3000 && here.end_count < count; i++)
		poll(NULL, 0, 10);
	assert_int_equal(here.end_count, count);
}

static void
tells_of_ends(void **state)
{
	(void)state;
	start(ANSWER, ANSWER);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	broker_client_end(client, 7);
	await_ends(1);
	stop();
	broker_client_end(client, 8);		/* nobody is there */
	broker_client_end(client, 9);
	start(ANSWER, ANSWER);
	broker_client_end(client, 10);	/* but now, without a question */
	await_ends(3);
	assert_int_equal(here.ends[0], 8);
	assert_int_equal(here.ends[2], 10);
	stop();
}

static void
keeps_so_many_ends(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= ENDS_MAX + 10; i++)
		broker_client_end(client, i);
	start(ANSWER, ANSWER);
	assert_int_equal(ask(LONG_MS), ERROR_NONE);
	await_ends(ENDS_MAX);
	assert_int_equal(here.ends[0], 11);	/* the newest */
	assert_int_equal(here.ends[ENDS_MAX - 1], ENDS_MAX + 10);
	stop();
}

static void *
ask_in_vain(void *context)
{
	atomic_bool *over = context;

	assert_int_equal(ask(1000), ERROR_BROKER);
	atomic_store(over, true);
	return NULL;
}

static void
waits_for_no_question(void **state)
{
	atomic_bool over = false;
	pthread_t thread;

	(void)state;
	start(SAY_NOTHING, ANSWER);
	assert_int_equal(pthread_create(&thread, NULL, ask_in_vain, &over), 0);
	for (int i = 0; i < 10000 && here.questions == 0; i++)
		poll(NULL, 0, 1);
	broker_client_end(client, 7);
	assert_false(atomic_load(&over));
	assert_int_equal(here.end_count, 0);
	pthread_join(thread, NULL);
	await_ends(1);
	assert_int_equal(here.ends[0], 7);
	stop();
}

static int
set_up(void **state)
{
	(void)state;
	return broker_client_new(&client, here.path);
}

static int
tear_down(void **state)
{
	(void)state;
	broker_client_free(&client);
	unlink(here.path);
	return 0;
}

static int
make_folder(void **state)
{
	(void)state;
	strcpy(here.folder, "/tmp/vmauthz-client.XXXXXX");
	if (mkdtemp(here.folder) == NULL)
		return -1;
	snprintf(here.path, sizeof(here.path), "%s/broker", here.folder);
	here.address.sun_family = AF_UNIX;
	strcpy(here.address.sun_path, here.path);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(here.folder);
}

#define CLIENT_TEST(test) \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wants_a_path),
		CLIENT_TEST(finds_a_daemon_that_comes_and_goes),
		CLIENT_TEST(tries_a_dead_connection_once_more),
		CLIENT_TEST(keeps_the_connection_of_a_long_question),
		CLIENT_TEST(refuses_bad_answers),
		CLIENT_TEST(waits_no_longer_than_told),
		CLIENT_TEST(tells_of_ends),
		CLIENT_TEST(keeps_so_many_ends),
		CLIENT_TEST(waits_for_no_question),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
