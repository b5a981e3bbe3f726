/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/error.h"
#include "saslauthd-ext/login/recent_password.h"

enum { SHORT = 100, LONG = 200 };

static const struct recent_password_key same = { "vm", "user", "client",
    "password" };

static const struct {
	const char *title;
	struct recent_password_key key;
} others[] = {
	{ "another vm", { "vn", "user", "client", "password" } },
	{ "another user", { "vm", "usar", "client", "password" } },
	{ "another client", { "vm", "user", "cliant", "password" } },
	{ "another password", { "vm", "user", "client", "passwort" } },
	{ "another case", { "vm", "User", "client", "password" } },
	{ "a space more", { "vm", "user", "client", "password " } },
	{ "client unknown", { "vm", "user", "", "password" } },
	{ "no password", { "vm", "user", "client", "" } },
	{ "nothing at all", { "", "", "", "" } },
	{ "vm | user moved on", { "vmu", "ser", "client", "password" } },
	{ "vm | user moved back", { "v", "muser", "client", "password" } },
	{ "user | client moved on", { "vm", "userc", "lient", "password" } },
	{ "user | client moved back", { "vm", "use", "rclient", "password" } },
	{ "client | password moved on",
	    { "vm", "user", "clientp", "assword" } },
	{ "client | password moved back",
	    { "vm", "user", "clien", "tpassword" } },
	{ "all in the vm", { "vmuserclientpassword", "", "", "" } },
	{ "all in the password", { "", "", "", "vmuserclientpassword" } },
	{ "vm and user swapped", { "user", "vm", "client", "password" } },
	{ "client and password swapped",
	    { "vm", "user", "password", "client" } },
};

static struct recent_password *
make_recent(void)
{
	struct recent_password *recent;

	assert_int_equal(recent_password_new(&recent), ERROR_NONE);
	assert_non_null(recent);
	return recent;
}

static void
make_tag(const struct recent_password *recent,
    const struct recent_password_key *key,
    unsigned char tag_r[RECENT_PASSWORD_TAG_SIZE])
{
	assert_int_equal(recent_password_tag(recent, key, tag_r), ERROR_NONE);
}

enum { SAME_FRONT = 3600 };

/* Tags that differ at both ends; from this number on at the last alone. */
static void
number_tag(unsigned int number, unsigned char tag_r[RECENT_PASSWORD_TAG_SIZE])
{
	memset(tag_r, 0, RECENT_PASSWORD_TAG_SIZE);
	memcpy(tag_r + RECENT_PASSWORD_TAG_SIZE - sizeof(number), &number,
	    sizeof(number));
	if (number < SAME_FRONT) {
		tag_r[0] = (unsigned char)(number >> 8);
		tag_r[1] = (unsigned char)number;
	}
}

static void
add_number(struct recent_password *recent, unsigned int number, int64_t until)
{
	unsigned char tag[RECENT_PASSWORD_TAG_SIZE];

	number_tag(number, tag);
	recent_password_add(recent, tag, until);
}

static bool
has_number(struct recent_password *recent, unsigned int number, int64_t now)
{
	unsigned char tag[RECENT_PASSWORD_TAG_SIZE];

	number_tag(number, tag);
	return recent_password_has(recent, tag, now);
}

static void
tells_keys_apart(void **state)
{
	unsigned char tags[COUNT(others) + 1][RECENT_PASSWORD_TAG_SIZE];
	struct recent_password *recent = make_recent();

	(void)state;
	make_tag(recent, &same, tags[COUNT(others)]);
	recent_password_add(recent, tags[COUNT(others)], LONG);
	for (size_t i = 0; i < COUNT(others); i++) {
		TITLE(others[i].title);
		make_tag(recent, &others[i].key, tags[i]);
		assert_false(recent_password_has(recent, tags[i], 0));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(tags[i], tags[j],
			    RECENT_PASSWORD_TAG_SIZE);
	}
	assert_true(recent_password_has(recent, tags[COUNT(others)], 0));
	recent_password_free(&recent);
	assert_null(recent);
	recent_password_free(&recent);
}

/* The texts count, not where they are kept. */
static void
tags_the_same_alike(void **state)
{
	char vm[] = "vm", user[] = "user", client[] = "client";
	char password[] = "password";
	const struct recent_password_key copy = { vm, user, client, password };
	unsigned char one[RECENT_PASSWORD_TAG_SIZE],
	    other[RECENT_PASSWORD_TAG_SIZE];
	struct recent_password *recent = make_recent();

	(void)state;
	memset(other, 0xff, sizeof(other));
	make_tag(recent, &same, one);
	make_tag(recent, &copy, other);
	assert_memory_equal(one, other, sizeof(one));
	recent_password_free(&recent);
}

/* Each process has a key of its own. */
static void
keys_differ(void **state)
{
	unsigned char one[RECENT_PASSWORD_TAG_SIZE],
	    other[RECENT_PASSWORD_TAG_SIZE];
	struct recent_password *first = make_recent(), *second = make_recent();

	(void)state;
	make_tag(first, &same, one);
	make_tag(second, &same, other);
	assert_memory_not_equal(one, other, sizeof(one));
	recent_password_add(first, one, LONG);
	assert_false(recent_password_has(second, one, 0));
	assert_false(recent_password_has(second, other, 0));
	recent_password_free(&first);
	recent_password_free(&second);
}

static const struct {
	const char *title;
	int64_t until[2];	/* added one after the other */
	int64_t now;
	bool has;
} windows[] = {
	{ "within", { SHORT, 0 }, SHORT - 1, true },
	{ "at its end", { SHORT, 0 }, SHORT, false },
	{ "past its end", { SHORT, 0 }, SHORT + 1, false },
	{ "made longer", { SHORT, LONG }, LONG - 1, true },
	{ "at the longer one's end", { SHORT, LONG }, LONG, false },
	{ "never made shorter", { LONG, SHORT }, LONG - 1, true },
	{ "never made longer by a shorter one", { LONG, SHORT }, LONG, false },
	{ "never added", { 0, 0 }, -1, false },
	{ "ends before the clock began", { -1, -1 }, -2, false },
	{ "the end of time", { INT64_MAX, 0 }, INT64_MAX - 1, true },
	{ "the end of time is over", { INT64_MAX, 0 }, INT64_MAX, false },
};

static void
ends_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct recent_password *recent = make_recent();

		TITLE(windows[i].title);
		add_number(recent, 7, windows[i].until[0]);
		add_number(recent, 7, windows[i].until[1]);
		assert_int_equal(has_number(recent, 7, windows[i].now),
		    windows[i].has);
		recent_password_free(&recent);
	}
}

/* Wherever it stands. */
static void
drops_what_ends_first(void **state)
{
	static const unsigned int firsts[] = {
		0, 1, 2000, SAME_FRONT, 3800, 4095,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct recent_password *recent = make_recent();

		for (unsigned int n = 0; n < RECENT_PASSWORD_MAX; n++)
			add_number(recent, n,
			    n == firsts[i] ? SHORT : LONG + n);
		for (unsigned int n = 0; n < RECENT_PASSWORD_MAX; n++)
			assert_true(has_number(recent, n, 0));
		/* one that is there already takes no place */
		add_number(recent, 1234, LONG + 9999);
		assert_true(has_number(recent, firsts[i], 0));
		add_number(recent, RECENT_PASSWORD_MAX, LONG + 9999);
		for (unsigned int n = 0; n <= RECENT_PASSWORD_MAX; n++)
			assert_int_equal(has_number(recent, n, 0),
			    n != firsts[i]);
		recent_password_free(&recent);
	}
}

static void
forgets_all(void **state)
{
	unsigned char before[RECENT_PASSWORD_TAG_SIZE],
	    after[RECENT_PASSWORD_TAG_SIZE];
	struct recent_password *recent = make_recent();

	(void)state;
	make_tag(recent, &same, before);
	for (unsigned int n = 0; n < RECENT_PASSWORD_MAX; n++)
		add_number(recent, n, LONG);
	recent_password_forget_all(recent);
	for (unsigned int n = 0; n < RECENT_PASSWORD_MAX; n++)
		assert_false(has_number(recent, n, 0));
	make_tag(recent, &same, after);
	assert_memory_equal(before, after, sizeof(before));
	recent_password_add(recent, after, LONG);
	assert_true(recent_password_has(recent, after, 0));
	recent_password_free(&recent);
}

/* --- against a model that only searches ---------------------------------- */

enum { NUMBERS = RECENT_PASSWORD_MAX + 500, STEPS = 20000 };

struct model {
	int64_t until[NUMBERS];		/* 0: not there */
	size_t count;
};

/* Every end is added once, so that one always ends first. */
static void
model_add(struct model *model, unsigned int number, int64_t until)
{
	size_t first = NUMBERS;

	if (model->until[number] == 0 && model->count == RECENT_PASSWORD_MAX) {
		for (size_t i = 0; i < NUMBERS; i++) {
			if (model->until[i] != 0 && (first == NUMBERS ||
			    model->until[i] < model->until[first]))
				first = i;
		}
		model->until[first] = 0;
		model->count--;
	}
	model->count += model->until[number] == 0;
	if (model->until[number] < until)
		model->until[number] = until;
}

static unsigned int
random_below(uint32_t *seed, unsigned int bound)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % bound;
}

static void
compare(struct recent_password *recent, const struct model *model, int64_t now)
{
	for (unsigned int n = 0; n < NUMBERS; n++) {
		if (has_number(recent, n, now) != (model->until[n] > now))
			fail_msg("number %u at %lld", n, (long long)now);
	}
}

static void
is_like_the_model(void **state)
{
	static struct model model;
	struct recent_password *recent = make_recent();
	uint32_t seed = 20260101;

	(void)state;
	for (int step = 1; step <= STEPS; step++) {
		unsigned int number = random_below(&seed, NUMBERS);
		/* an odd multiple mod 2^17: no two alike */
		int64_t until = 1 + (int64_t)step * 40503 % (1 << 17);

		add_number(recent, number, until);
		model_add(&model, number, until);
		number = random_below(&seed, NUMBERS);
		assert_int_equal(has_number(recent, number, step),
		    model.until[number] > step);
		if (step % 1000 != 0)
			continue;
		compare(recent, &model, 0);
		compare(recent, &model, step * 5);
		if (step == STEPS / 4) {
			recent_password_forget_all(recent);
			memset(&model, 0, sizeof(model));
		}
	}
	assert_int_equal(model.count, RECENT_PASSWORD_MAX);
	recent_password_free(&recent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_keys_apart),
		cmocka_unit_test(tags_the_same_alike),
		cmocka_unit_test(keys_differ),
		cmocka_unit_test(ends_windows),
		cmocka_unit_test(drops_what_ends_first),
		cmocka_unit_test(forgets_all),
		cmocka_unit_test(is_like_the_model),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
