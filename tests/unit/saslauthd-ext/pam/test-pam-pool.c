/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/pam/pam_pool.h"

enum { HELPERS_MAX = 64, TOLD_MAX = 64, CODE = 7, MS = 1000 };

/* What a helper does with a question. */
enum manner {
	ANSWERS,	/* accepts "right", refuses others */
	HOLDS,		/* until the test says so */
	CLOSES,
	OTHER_ID,
	NO_RESULT,	/* one that isn't in the enum */
	TOO_SHORT,
	TOO_LONG,
	UNASKED,	/* answers, and once more when nobody asked */
};

struct fixture;

struct process {
	struct fixture *fixture;
	int fd;				/* -1: over */
	struct event *event;
	bool busy, stopped;
	struct pam_question question;
};

struct fixture {
	struct event_base *base;
	struct pam_pool *pool;
	enum manner manner;
	bool no_start;			/* no process can be had */
	size_t tries, starts, stops;
	struct process process[HELPERS_MAX];	/* number: index + 100 */
	size_t told;
	enum pam_result result;		/* of the last one told */
	int code;
	char order[TOLD_MAX + 1];	/* the questions' VMs as they came */
	size_t asked;			/* of them */
};

/* --- the helpers' side --------------------------------------------------- */

static void
end_process(struct process *process)
{
	if (process->fd < 0)
		return;
	event_free(process->event);
	close(process->fd);
	process->fd = -1;
	process->busy = false;
}

static void
answer(struct process *process, enum manner manner)
{
	const struct pam_question *question = &process->question;
	struct pam_answer answers[2] = { {
		.id = question->id + (manner == OTHER_ID),
		.result = manner == NO_RESULT ? PAM_BROKEN + 1 :
		    strcmp(question->password, "right") == 0 ?
		    PAM_ACCEPTED : PAM_REFUSED,
		.code = CODE,
	} };
	size_t size = sizeof(answers[0]);

	if (manner == TOO_SHORT)
		size--;
	if (manner == TOO_LONG)
		size++;
	process->busy = false;
	assert_int_equal(send(process->fd, answers, size, MSG_NOSIGNAL), size);
	if (manner == UNASKED)
		assert_int_equal(send(process->fd, answers, size,
		    MSG_NOSIGNAL), size);
}

static void
on_question(evutil_socket_t fd, short what, void *context)
{
	struct process *process = context;
	struct fixture *fixture = process->fixture;
	ssize_t got = recv(fd, &process->question, sizeof(process->question),
	    MSG_DONTWAIT | MSG_TRUNC);

	(void)what;
	if (got <= 0) {
		end_process(process);
		return;
	}
	assert_int_equal(got, sizeof(process->question));
	assert_false(process->busy);
	process->busy = true;
	if (fixture->asked < TOLD_MAX)
		fixture->order[fixture->asked++] = process->question.tty[0];
	if (fixture->manner == CLOSES)
		end_process(process);
	else if (fixture->manner != HOLDS)
		answer(process, fixture->manner);
}

static int
fake_start(void *context, uint32_t *helper_r)
{
	struct fixture *fixture = context;
	struct process *process = &fixture->process[fixture->starts];
	int pair[2];

	fixture->tries++;
	if (fixture->no_start)
		return -1;
	assert_true(fixture->starts < HELPERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	process->fixture = fixture;
	process->fd = pair[1];
	process->event = event_new(fixture->base, pair[1],
	    EV_READ | EV_PERSIST, on_question, process);
	assert_non_null(process->event);
	assert_int_equal(event_add(process->event, NULL), 0);
	*helper_r = (uint32_t)fixture->starts++ + 100;
	return pair[0];
}

static void
fake_stop(void *context, uint32_t helper)
{
	struct fixture *fixture = context;

	assert_in_range(helper, 100, 99 + fixture->starts);
	assert_false(fixture->process[helper - 100].stopped);
	fixture->process[helper - 100].stopped = true;
	end_process(&fixture->process[helper - 100]);
	fixture->stops++;
}

static size_t
busy(const struct fixture *fixture)
{
	size_t count = 0;

	for (size_t i = 0; i < fixture->starts; i++)
		count += fixture->process[i].busy;
	return count;
}

/* --- the asking side ----------------------------------------------------- */

static void
on_told(void *context, enum pam_result result, int code)
{
	struct fixture *fixture = context;

	fixture->told++;
	fixture->result = result;
	fixture->code = code;
}

static void
set_up(struct fixture *fixture, unsigned int helpers, unsigned int per_vm,
    unsigned int timeout)
{
	const struct pam_pool_source source = { fake_start, fake_stop,
	    fixture };
	static struct config config;

	memset(fixture, 0, sizeof(*fixture));
	config.pam_helpers = helpers;
	config.pam_helpers_per_vm = per_vm;
	config.pam_timeout = timeout;
	fixture->base = event_base_new();
	assert_non_null(fixture->base);
	assert_int_equal(pam_pool_new(&fixture->pool, fixture->base, &source,
	    &config), ERROR_NONE);
}

static void
tear_down(struct fixture *fixture)
{
	size_t told = fixture->told;

	pam_pool_free(&fixture->pool);
	assert_null(fixture->pool);
	pam_pool_free(&fixture->pool);
	assert_int_equal(fixture->told, told);
	for (size_t i = 0; i < fixture->starts; i++)
		end_process(&fixture->process[i]);
	event_base_free(fixture->base);
}

static bool
ask(struct fixture *fixture, const char *vm, const char *password)
{
	struct pam_question question = { .id = 12345 };
	size_t told = fixture->told;
	bool taken;

	snprintf(question.tty, sizeof(question.tty), "%s", vm);
	snprintf(question.password, sizeof(question.password), "%s", password);
	taken = pam_pool_ask(fixture->pool, &question, on_told,
	    fixture) != NULL;
	assert_int_equal(fixture->told, told);
	return taken;
}

static void
run_for(struct fixture *fixture, int ms)
{
	const struct timeval limit = { ms / MS, ms % MS * 1000 };

	event_base_loopexit(fixture->base, &limit);
	event_base_dispatch(fixture->base);
}

/* Both sides are in one loop: what follows at once is over after a few rounds,
 * however busy the machine is. */
static void
settle(struct fixture *fixture)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(fixture->base, EVLOOP_NONBLOCK);
}

/* Until so many are told, thirty seconds at most. */
static void
run_until_told(struct fixture *fixture, size_t count)
{
	for (int i = 0; i < 3000 && fixture->told < count; i++)
		run_for(fixture, 10);
	assert_int_equal(fixture->told, count);
}

static void
settle_busy(struct fixture *fixture, size_t count)
{
	settle(fixture);
	assert_int_equal(busy(fixture), count);
}

/* --- answers ------------------------------------------------------------- */

static const struct {
	const char *title;
	enum manner manner;
	const char *password;
	enum pam_result result;
	int code;
	size_t starts, stops;		/* when a second question is answered */
} rows[] = {
	{ "right", ANSWERS, "right", PAM_ACCEPTED, CODE, 1, 0 },
	{ "wrong", ANSWERS, "wrong", PAM_REFUSED, CODE, 1, 0 },
	{ "closes", CLOSES, "right", PAM_BROKEN, 0, 2, 0 },
	{ "another id", OTHER_ID, "right", PAM_BROKEN, 0, 2, 1 },
	{ "no such result", NO_RESULT, "right", PAM_BROKEN, 0, 2, 1 },
	{ "too short", TOO_SHORT, "right", PAM_BROKEN, 0, 2, 1 },
	{ "too long", TOO_LONG, "right", PAM_BROKEN, 0, 2, 1 },
	{ "answers unasked", UNASKED, "right", PAM_ACCEPTED, CODE, 2, 1 },
	{ "never answers", HOLDS, "right", PAM_BROKEN, 0, 2, 1 },
};

static void
answers_or_is_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture fixture;

		TITLE(rows[i].title);
		set_up(&fixture, 1, 1, rows[i].manner == HOLDS ? 1 : 30);
		fixture.manner = rows[i].manner;
		assert_true(ask(&fixture, "vm", rows[i].password));
		run_until_told(&fixture, 1);
		assert_int_equal(fixture.result, rows[i].result);
		assert_int_equal(fixture.code, rows[i].code);
		settle(&fixture);
		fixture.manner = ANSWERS;
		assert_true(ask(&fixture, "vm", "right"));
		run_until_told(&fixture, 2);
		assert_int_equal(fixture.result, PAM_ACCEPTED);
		assert_int_equal(fixture.starts, rows[i].starts);
		assert_int_equal(fixture.stops, rows[i].stops);
		tear_down(&fixture);
	}
}

/* Two questions on their way: each answer goes to its own. */
static void
tells_by_question(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 2, 2, 30);
	fixture.manner = HOLDS;
	assert_true(ask(&fixture, "vm", "right"));
	assert_true(ask(&fixture, "vm", "wrong"));
	settle_busy(&fixture, 2);
	assert_int_not_equal(fixture.process[0].question.id,
	    fixture.process[1].question.id);
	answer(&fixture.process[1], ANSWERS);
	run_until_told(&fixture, 1);
	assert_int_equal(fixture.result, PAM_REFUSED);
	/* the answer to what the other was asked is none */
	fixture.process[0].question.id = fixture.process[1].question.id;
	answer(&fixture.process[0], ANSWERS);
	run_until_told(&fixture, 2);
	assert_int_equal(fixture.result, PAM_BROKEN);
	tear_down(&fixture);
}

/* --- limits and turns ---------------------------------------------------- */

static const struct {
	const char *title;
	unsigned int helpers, per_vm;
	const char *asked;		/* the VMs */
	size_t busy;
} limits[] = {
	{ "one helper", 1, 1, "abc", 1 },
	{ "three helpers", 3, 3, "abcde", 3 },
	{ "one of a VM", 4, 1, "aaaa", 1 },
	{ "two of a VM", 4, 2, "aaaab", 3 },
	{ "a VM may have all", 2, 4, "aaaa", 2 },
	{ "no more than are asked", 8, 8, "ab", 2 },
};

static void
ask_each(struct fixture *fixture, const char *vms)
{
	for (; *vms != '\0'; vms++) {
		const char vm[] = { *vms, '\0' };

		assert_true(ask(fixture, vm, "wrong"));
	}
}

/* Answers one, so that the next one is asked. */
static void
serve_one(struct fixture *fixture)
{
	size_t at = 0;

	while (at < fixture->starts && !fixture->process[at].busy)
		at++;
	assert_true(at < fixture->starts);
	answer(&fixture->process[at], ANSWERS);
	run_until_told(fixture, fixture->told + 1);
	settle(fixture);
}

static void
keeps_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct fixture fixture;
		size_t count = strlen(limits[i].asked);

		TITLE(limits[i].title);
		set_up(&fixture, limits[i].helpers, limits[i].per_vm, 30);
		fixture.manner = HOLDS;
		ask_each(&fixture, limits[i].asked);
		settle_busy(&fixture, limits[i].busy);
		while (fixture.told < count) {
			assert_in_range(busy(&fixture), 1, limits[i].busy);
			serve_one(&fixture);
		}
		assert_int_equal(fixture.starts, limits[i].busy);
		assert_int_equal(fixture.stops, 0);
		tear_down(&fixture);
	}
}

/* A letter asks for the VM of that name, a '.' has one question answered. */
static const struct {
	const char *title;
	const char *script;
	const char *order;
} orders[] = {
	{ "one VM", "aaa", "aaa" },
	{ "a late one", "aaaab", "abaaa" },
	{ "two late ones", "aaabbcc", "abcabca" },
	{ "always another one of a", "abbb.a.a.a", "abbabaa" },
	{ "always another one of a and b", "abcc.a.b.a.b", "abccabab" },
};

static void
is_fair(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct fixture fixture;

		TITLE(orders[i].title);
		set_up(&fixture, 1, 1, 30);
		fixture.manner = HOLDS;
		for (const char *at = orders[i].script; *at != '\0'; at++) {
			if (*at == '.') {
				settle_busy(&fixture, 1);
				serve_one(&fixture);
			} else {
				ask_each(&fixture, (char[]){ *at, '\0' });
			}
		}
		settle_busy(&fixture, 1);
		while (busy(&fixture) > 0)
			serve_one(&fixture);
		assert_string_equal(fixture.order, orders[i].order);
		tear_down(&fixture);
	}
}

static void
bounds_what_waits(void **state)
{
	const int per_vm = PAM_POOL_QUEUE_PER_VM_MAX;
	const int vms = PAM_POOL_QUEUE_MAX / per_vm;
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1, 1, 30);
	for (int vm = 0; vm < vms; vm++) {
		const char name[] = { (char)('a' + vm), '\0' };

		for (int i = 0; i < per_vm; i++)
			assert_true(ask(&fixture, name, "wrong"));
		assert_false(ask(&fixture, name, "right"));
	}
	assert_false(ask(&fixture, "another", "right"));
	run_until_told(&fixture, PAM_POOL_QUEUE_MAX);
	assert_true(ask(&fixture, "a", "right"));
	run_until_told(&fixture, PAM_POOL_QUEUE_MAX + 1);
	assert_int_equal(fixture.result, PAM_ACCEPTED);
	assert_int_equal(fixture.starts, 1);
	tear_down(&fixture);
}

/* --- no helper, no pool -------------------------------------------------- */

static void
survives_no_start(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1, 1, 30);
	fixture.no_start = true;
	assert_true(ask(&fixture, "vm", "right"));
	run_for(&fixture, 100);
	assert_int_equal(fixture.told, 0);
	assert_int_equal(fixture.tries, 1);	/* it doesn't spin */
	fixture.no_start = false;
	run_until_told(&fixture, 1);		/* nobody asks again for it */
	assert_int_equal(fixture.result, PAM_ACCEPTED);
	assert_int_equal(fixture.stops, 0);
	tear_down(&fixture);
}

/* What waits loses its patience too. */
static void
gives_up_waiting(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1, 1, 1);
	fixture.no_start = true;
	assert_true(ask(&fixture, "vm", "right"));
	assert_true(ask(&fixture, "vm", "right"));
	run_until_told(&fixture, 2);
	assert_int_equal(fixture.result, PAM_BROKEN);
	assert_int_equal(fixture.stops, 0);
	fixture.no_start = false;
	assert_true(ask(&fixture, "vm", "right"));
	run_until_told(&fixture, 3);
	assert_int_equal(fixture.result, PAM_ACCEPTED);
	tear_down(&fixture);
}

/* Those busy are stopped, the idle one ends by itself. */
static void
ends_and_tells_nobody(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 3, 3, 1);
	fixture.manner = HOLDS;
	ask_each(&fixture, "abc");
	settle_busy(&fixture, 3);
	serve_one(&fixture);
	ask_each(&fixture, "abcabc");
	assert_int_equal(busy(&fixture), 2);
	pam_pool_free(&fixture.pool);
	assert_int_equal(fixture.stops, 2);
	run_for(&fixture, 1200);
	assert_int_equal(fixture.told, 1);
	for (size_t i = 0; i < fixture.starts; i++)
		assert_int_equal(fixture.process[i].fd, -1);
	tear_down(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_or_is_replaced),
		cmocka_unit_test(tells_by_question),
		cmocka_unit_test(keeps_limits),
		cmocka_unit_test(is_fair),
		cmocka_unit_test(bounds_what_waits),
		cmocka_unit_test(survives_no_start),
		cmocka_unit_test(gives_up_waiting),
		cmocka_unit_test(ends_and_tells_nobody),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
