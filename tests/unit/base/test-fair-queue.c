/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/fair_queue.h"

enum { ITEMS = 64, MAX = 8, MAX_PER_KEY = 4 };

/* The names are letters. */
struct fixture {
	struct fair_queue queue;
	struct fair_item items[ITEMS];
	char names[ITEMS];		/* whose an item is */
	size_t used;
};

static void
set_up(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->queue.max = MAX;
	fixture->queue.max_per_key = MAX_PER_KEY;
}

static bool
put(struct fixture *fixture, char name)
{
	struct fair_item *item = &fixture->items[fixture->used];
	const char key[] = { name, '\0' };
	bool waits;

	assert_true(fixture->used < ITEMS);
	waits = fair_queue_put(&fixture->queue, item, key);
	assert_int_equal(item->key != NULL, waits);
	fixture->names[fixture->used++] = name;
	return waits;
}

static char
name_of(const struct fixture *fixture, const struct fair_item *item)
{
	return item != NULL ? fixture->names[item - fixture->items] : '-';
}

/* Whose turn it is; '-': nobody's. */
static char
take(struct fixture *fixture, fair_queue_ready_cb *ready, void *context)
{
	struct fair_item *item = fair_queue_first(&fixture->queue, ready,
	    context);
	char name = name_of(fixture, item);

	if (item != NULL) {
		fair_queue_take(&fixture->queue, item);
		assert_null(item->key);
	}
	return name;
}

static void
empty(struct fixture *fixture)
{
	while (take(fixture, NULL, NULL) != '-')
		;
	assert_int_equal(fixture->queue.count, 0);
	assert_null(fixture->queue.keys);
}

/* --- turns --------------------------------------------------------------- */

/* A letter puts an item of that key in, '.' takes one, '~' removes the one
 * whose turn it is. */
static const struct {
	const char *title;
	const char *script;
	const char *order;		/* in which they are taken */
} orders[] = {
	{ "nothing", "..", "--" },
	{ "one key", "aaa...", "aaa" },
	{ "first come", "ba..", "ba" },
	{ "a late one", "aaab....", "abaa" },
	{ "two late ones", "aaabbcc.......", "abcabca" },
	{ "always another one of a", "abbb.a.a.a...", "abbaba" },
	{ "no turn for having been away", "aaa..b..", "aaab" },
	{ "who was served waits behind the new", "ab.ac...", "abac" },
	{ "a removed one had no turn", "aab~...", "ba-" },
	{ "the rest of a key keeps its turns", "aaab~...", "baa" },
};

static void
play(struct fixture *fixture, const char *script, char *order)
{
	struct fair_item *item;

	for (; *script != '\0'; script++) {
		switch (*script) {
		case '.':
			*order++ = take(fixture, NULL, NULL);
			break;
		case '~':
			item = fair_queue_first(&fixture->queue, NULL, NULL);
			fair_queue_remove(&fixture->queue, item);
			break;
		default:
			assert_true(put(fixture, *script));
		}
	}
	*order = '\0';
}

static void
is_fair(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct fixture fixture;
		char order[ITEMS];

		TITLE(orders[i].title);
		set_up(&fixture);
		play(&fixture, orders[i].script, order);
		assert_string_equal(order, orders[i].order);
		empty(&fixture);
	}
}

/* --- who may ------------------------------------------------------------- */

static bool
ready_cb(void *context, const char *key)
{
	return strchr(context, key[0]) != NULL;
}

static char
take_of(struct fixture *fixture, const char *names)
{
	return take(fixture, ready_cb, (void *)(uintptr_t)names);
}

static void
skips_who_may_not(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	assert_true(put(&fixture, 'a') && put(&fixture, 'a') &&
	    put(&fixture, 'b') && put(&fixture, 'c'));
	assert_int_equal(take_of(&fixture, ""), '-');
	assert_int_equal(take_of(&fixture, "x"), '-');
	assert_int_equal(take_of(&fixture, "cb"), 'b');
	assert_int_equal(take_of(&fixture, "b"), '-');
	assert_int_equal(take_of(&fixture, "a"), 'a');
	assert_int_equal(take_of(&fixture, "abc"), 'c');
	assert_int_equal(take_of(&fixture, "abc"), 'a');
	empty(&fixture);
}

/* --- bounds -------------------------------------------------------------- */

static void
is_bounded(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	for (int i = 0; i < MAX_PER_KEY; i++)
		assert_true(put(&fixture, 'a'));
	assert_false(put(&fixture, 'a'));
	for (int i = MAX_PER_KEY; i < MAX; i++)
		assert_true(put(&fixture, "bc"[i % 2]));
	assert_int_equal(fixture.queue.count, MAX);
	assert_false(put(&fixture, 'b'));
	assert_false(put(&fixture, 'd'));	/* and leaves no key behind */
	assert_int_equal(take(&fixture, NULL, NULL), 'a');
	assert_true(put(&fixture, 'd'));
	assert_false(put(&fixture, 'a'));
	/* an item that is removed makes room, too */
	fair_queue_remove(&fixture.queue,
	    fair_queue_first(&fixture.queue, NULL, NULL));
	assert_true(put(&fixture, 'e'));
	assert_false(put(&fixture, 'f'));
	empty(&fixture);
}

static void
takes_none(void **state)
{
	struct fixture fixture;

	(void)state;
	set_up(&fixture);
	fixture.queue.max_per_key = 0;
	assert_false(put(&fixture, 'a'));
	fixture.queue.max_per_key = 1;
	fixture.queue.max = 0;
	assert_false(put(&fixture, 'a'));
	assert_null(fixture.queue.keys);
}

/* --- removal ------------------------------------------------------------- */

/* Of one key's items, each in turn is the one that is removed. */
static void
removes_any(void **state)
{
	(void)state;
	for (size_t gone = 0; gone < MAX_PER_KEY; gone++) {
		struct fixture fixture;

		set_up(&fixture);
		for (size_t i = 0; i < MAX_PER_KEY; i++)
			assert_true(put(&fixture, 'a'));
		fair_queue_remove(&fixture.queue, &fixture.items[gone]);
		for (size_t i = 0; i < MAX_PER_KEY; i++) {
			if (i == gone)
				continue;
			assert_ptr_equal(fair_queue_first(&fixture.queue,
			    NULL, NULL), &fixture.items[i]);
			take(&fixture, NULL, NULL);
		}
		empty(&fixture);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_fair),
		cmocka_unit_test(skips_who_may_not),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(takes_none),
		cmocka_unit_test(removes_any),
	};

	return cmocka_run_group_tests_name("fair-queue", tests, NULL, NULL);
}
