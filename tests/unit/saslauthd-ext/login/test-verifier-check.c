/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <semaphore.h>
#include <unistd.h>

#include "base/error.h"
#include "decide/identity.h"
#include "saslauthd-ext/login/verifier_check.h"
#include "scram/scram.h"

enum { ORDER_MAX = 32, LONG_MAX_TEXT = 2048 };

/* The comparison of this password lasts until the gate opens, so that what is
 * asked meanwhile waits for sure. */
#define GATE "gate"

static sem_t gate_entered, gate_open;

int __real_scram_verifier_check(const char *, const char *,
    const struct verifier *);
int __wrap_scram_verifier_check(const char *, const char *,
    const struct verifier *);

int
__wrap_scram_verifier_check(const char *mechanism, const char *prepared,
    const struct verifier *verifier)
{
	if (strcmp(prepared, GATE) == 0) {
		sem_post(&gate_entered);
		sem_wait(&gate_open);
	}
	return __real_scram_verifier_check(mechanism, prepared, verifier);
}

struct fixture {
	struct event_base *base;
	struct verifier_check *verify;
	struct verifier verifier;	/* SCRAM-SHA-256, "right" */
	size_t told, right;
	char order[ORDER_MAX + 1];		/* the names of those told */
};

/* What a job's context points at. */
struct name {
	struct fixture *fixture;
	char name;
};

static void
on_told(void *context, bool right)
{
	struct fixture *fixture = context;

	fixture->told++;
	fixture->right += right;
}

static void
on_told_name(void *context, bool right)
{
	struct name *name = context;

	assert_true(name->fixture->told < ORDER_MAX);
	name->fixture->order[name->fixture->told] = name->name;
	on_told(name->fixture, right);
}

static void
set_up(struct fixture *fixture, size_t threads)
{
	memset(fixture, 0, sizeof(*fixture));
	sem_init(&gate_entered, 0, 0);
	sem_init(&gate_open, 0, 0);
	fixture->base = event_base_new();
	assert_non_null(fixture->base);
	assert_int_equal(verifier_check_new(&fixture->verify, fixture->base,
	    threads), ERROR_NONE);
	assert_int_equal(scram_verifier_make("SCRAM-SHA-256", "right",
	    SCRAM_ITERATIONS_MIN, &fixture->verifier), ERROR_NONE);
}

static void
tear_down(struct fixture *fixture)
{
	verifier_check_free(&fixture->verify);
	assert_null(fixture->verify);
	verifier_check_free(&fixture->verify);
	event_base_free(fixture->base);
	sem_destroy(&gate_entered);
	sem_destroy(&gate_open);
}

static bool
ask(struct fixture *fixture, const char *vm, const char *password)
{
	return verifier_check_ask(fixture->verify, vm, "SCRAM-SHA-256",
	    password, &fixture->verifier, on_told, fixture) != NULL;
}

static void
block(struct fixture *fixture)
{
	assert_true(ask(fixture, "blocker", GATE));
	sem_wait(&gate_entered);
}

/* Thirty seconds are for a machine under load: what isn't told then is lost. */
static void
run_until_told(struct fixture *fixture, size_t count)
{
	const struct timeval limit = { .tv_sec = 30 };

	event_base_loopexit(fixture->base, &limit);
	while (fixture->told < count && !event_base_got_exit(fixture->base))
		event_base_loop(fixture->base, EVLOOP_ONCE);
	assert_int_equal(fixture->told, count);
}

static const struct {
	const char *title;
	const char *made_for, *asked_for;
	const char *password;
	uint32_t iterations;	/* 0: as made */
	bool right;
} rows[] = {
	{ "right, SHA-1", "SCRAM-SHA-1", "SCRAM-SHA-1", "right", 0, true },
	{ "right, SHA-256", "SCRAM-SHA-256", "SCRAM-SHA-256", "right", 0,
	    true },
	{ "right, SHA-512", "SCRAM-SHA-512", "SCRAM-SHA-512", "right", 0,
	    true },
	{ "wrong, SHA-1", "SCRAM-SHA-1", "SCRAM-SHA-1", "wrong", 0, false },
	{ "wrong, SHA-256", "SCRAM-SHA-256", "SCRAM-SHA-256", "wrong", 0,
	    false },
	{ "wrong, SHA-512", "SCRAM-SHA-512", "SCRAM-SHA-512", "wrong", 0,
	    false },
	{ "empty", "SCRAM-SHA-256", "SCRAM-SHA-256", "", 0, false },
	{ "another case", "SCRAM-SHA-256", "SCRAM-SHA-256", "Right", 0,
	    false },
	{ "the beginning", "SCRAM-SHA-256", "SCRAM-SHA-256", "righ", 0,
	    false },
	{ "and more", "SCRAM-SHA-256", "SCRAM-SHA-256", "right ", 0, false },
	{ "another mechanism's", "SCRAM-SHA-1", "SCRAM-SHA-256", "right", 0,
	    false },
	{ "another mechanism's, longer", "SCRAM-SHA-512", "SCRAM-SHA-256",
	    "right", 0, false },
	{ "an unknown mechanism", "SCRAM-SHA-256", "PLAIN", "right", 0,
	    false },
	{ "no mechanism", "SCRAM-SHA-256", "", "right", 0, false },
	{ "other iterations", "SCRAM-SHA-256", "SCRAM-SHA-256", "right",
	    SCRAM_ITERATIONS_MIN + 1, false },
	{ "endless iterations", "SCRAM-SHA-256", "SCRAM-SHA-256", "right",
	    UINT32_MAX, false },
};

static void
compares(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 2);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verifier verifier;

		TITLE(rows[i].title);
		fixture.told = fixture.right = 0;
		assert_int_equal(scram_verifier_make(rows[i].made_for, "right",
		    SCRAM_ITERATIONS_MIN, &verifier), ERROR_NONE);
		if (rows[i].iterations != 0)
			verifier.iterations = rows[i].iterations;
		assert_non_null(verifier_check_ask(fixture.verify, "vm",
		    rows[i].asked_for, rows[i].password, &verifier, on_told,
		    &fixture));
		run_until_told(&fixture, 1);
		assert_int_equal(fixture.right, rows[i].right);
	}
	tear_down(&fixture);
}

/* Texts and verifier may change as soon as verifier_check_ask() has
 * returned. */
static void
copies(void **state)
{
	char vm[] = "vm", mechanism[] = "SCRAM-SHA-256", prepared[] = "right";
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1);
	block(&fixture);
	assert_non_null(verifier_check_ask(fixture.verify, vm, mechanism,
	    prepared, &fixture.verifier, on_told, &fixture));
	memset(vm, 'x', sizeof(vm));
	memset(mechanism, 'x', sizeof(mechanism));
	memset(prepared, 'x', sizeof(prepared));
	memset(&fixture.verifier, 0, sizeof(fixture.verifier));
	sem_post(&gate_open);
	run_until_told(&fixture, 2);
	assert_int_equal(fixture.right, 1);
	tear_down(&fixture);
}

static const struct {
	const char *title;
	size_t vm, mechanism, password;		/* octets */
	bool taken;
} lengths[] = {
	{ "the longest", REQUEST_VM_NAME_MAX, 13, SCRAM_PASSWORD_MAX - 1,
	    true },
	{ "vm too long", REQUEST_VM_NAME_MAX + 1, 13, 5, false },
	{ "mechanism too long", 2, 500, 5, false },
	{ "password too long", 2, 13, SCRAM_PASSWORD_MAX, false },
	{ "all too long", 2000, 2000, 2000, false },
};

static const char *
text_of(size_t length, char text[LONG_MAX_TEXT])
{
	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

static void
refuses_what_is_too_long(void **state)
{
	char vm[LONG_MAX_TEXT], mechanism[LONG_MAX_TEXT];
	char password[LONG_MAX_TEXT];
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		TITLE(lengths[i].title);
		fixture.told = 0;
		assert_int_equal(verifier_check_ask(fixture.verify,
		    text_of(lengths[i].vm, vm),
		    text_of(lengths[i].mechanism, mechanism),
		    text_of(lengths[i].password, password), &fixture.verifier,
		    on_told, &fixture) != NULL, lengths[i].taken);
		run_until_told(&fixture, lengths[i].taken);
		assert_int_equal(fixture.right, 0);
	}
	tear_down(&fixture);
}

/* Fills one VM's share, then the whole queue. */
static size_t
fill(struct fixture *fixture)
{
	const int per_vm = VERIFIER_CHECK_QUEUE_PER_VM_MAX;
	const int vms = VERIFIER_CHECK_QUEUE_MAX / per_vm;
	size_t count = 0;

	for (int vm = 0; vm < vms; vm++) {
		const char name[] = { (char)('a' + vm), '\0' };

		for (int i = 0; i < per_vm; i++, count++)
			assert_true(ask(fixture, name, "wrong"));
		assert_false(ask(fixture, name, "right"));
	}
	assert_false(ask(fixture, "another", "right"));
	assert_false(ask(fixture, "blocker", "right"));
	return count;
}

static void
bounds_what_waits(void **state)
{
	struct fixture fixture;
	size_t count;

	(void)state;
	set_up(&fixture, 1);
	block(&fixture);
	count = fill(&fixture);
	assert_int_equal(count, VERIFIER_CHECK_QUEUE_MAX);
	sem_post(&gate_open);
	run_until_told(&fixture, count + 1);
	assert_int_equal(fixture.right, 0);
	/* and there is room again */
	assert_true(ask(&fixture, "a", "right"));
	run_until_told(&fixture, count + 2);
	assert_int_equal(fixture.right, 1);
	tear_down(&fixture);
}

/* A letter asks for the VM of that name, in upper case too; a '.' ends the
 * comparison that runs, and the next one begins. */
static const struct {
	const char *title;
	const char *script;
	const char *told;
} orders[] = {
	{ "one VM", "aAaA", "aAaA" },
	{ "a late one", "aaaab", "abaaa" },
	{ "two late ones", "aaabbcc", "abcabca" },
	{ "by turns already", "abab", "abab" },
	{ "a VM's last stays last", "aaaa..A", "aaaaA" },
	{ "when some are done", "aab.b", "abab" },
	{ "always another one of a", "abB.A.A.A", "abBAAA" },
	{ "always another one of a and b", "abccC.a.b.a.b", "abccabCab" },
};

static void
play(struct fixture *fixture, const char *script,
    struct name names[ORDER_MAX])
{
	for (const char *at = script; *at != '\0'; at++) {
		const char vm[] = { (char)(*at | 0x20), '\0' };

		if (*at == '.') {
			sem_post(&gate_open);
			sem_wait(&gate_entered);
			continue;
		}
		*names = (struct name){ fixture, *at };
		assert_non_null(verifier_check_ask(fixture->verify, vm,
		    "SCRAM-SHA-256", GATE, &fixture->verifier,
		    on_told_name, names++));
	}
}

static void
is_fair(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		const size_t count = strlen(orders[i].told);
		struct name names[ORDER_MAX];
		struct fixture fixture;

		TITLE(orders[i].title);
		set_up(&fixture, 1);
		block(&fixture);
		play(&fixture, orders[i].script, names);
		for (size_t j = 0; j <= count; j++)
			sem_post(&gate_open);
		run_until_told(&fixture, count + 1);
		assert_string_equal(fixture.order + 1, orders[i].told);
		tear_down(&fixture);
	}
}

/* The loop alone tells, even when the answer is there long before. */
static void
tells_in_the_loop_only(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 2);
	for (int i = 0; i < 50; i++) {
		assert_true(ask(&fixture, "vm", "right"));
		assert_int_equal(fixture.told, 0);
	}
	usleep(100000);
	assert_true(ask(&fixture, "vm", "wrong"));
	assert_int_equal(fixture.told, 0);
	run_until_told(&fixture, 51);
	assert_int_equal(fixture.right, 50);
	event_base_loop(fixture.base, EVLOOP_NONBLOCK);
	assert_int_equal(fixture.told, 51);	/* once each */
	tear_down(&fixture);
}

/* One comparison is done and untold, one runs, and others wait. */
static void
ends_and_tells_nobody(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture, 1);
	assert_true(ask(&fixture, "vm", "right"));
	block(&fixture);
	(void)fill(&fixture);
	sem_post(&gate_open);
	verifier_check_free(&fixture.verify);
	event_base_loop(fixture.base, EVLOOP_NONBLOCK);
	assert_int_equal(fixture.told, 0);
	tear_down(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(copies),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(bounds_what_waits),
		cmocka_unit_test(is_fair),
		cmocka_unit_test(tells_in_the_loop_only),
		cmocka_unit_test(ends_and_tells_nobody),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
