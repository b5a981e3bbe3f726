/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/error.h"
#include "decide/identity.h"

struct row {
	const char *title;
	const char *text;
	size_t length;		/* 0: strlen */
	const char *default_realm;
	const char *expected;	/* NULL: refused */
};

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A242 A50 A50 A50 A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
	{ "a whole name", "alice@example.org", 0, "kvm1", "alice@example.org" },
	{ "realm folded", "alice@EXAMPLE.Org", 0, "kvm1", "alice@example.org" },
	{ "name not folded", "Alice@example.org", 0, "kvm1",
	    "Alice@example.org" },
	{ "no realm", "alice", 0, "KVM1.example.org",
	    "alice@kvm1.example.org" },
	{ "last @ splits", "alice@home@example.org", 0, "kvm1",
	    "alice@home@example.org" },
	{ "UTF-8 name", "\xc3\xa9lise@example.org", 0, "x",
	    "\xc3\xa9lise@example.org" },
	{ "inner space", "alice b@example.org", 0, "x", "alice b@example.org" },
	{ "realm with _ and -", "a@b_c-d.e", 0, "x", "a@b_c-d.e" },
	{ "longest", A242 "@example.org", 0, "x", A242 "@example.org" },
	{ "one too long", A242 "a" "b@example.org", 0, "x", NULL },
	{ "longest without realm too long", A242 A50, 0, "example.org", NULL },
	{ "empty", "", 0, "x", NULL },
	{ "only @", "@", 0, "x", NULL },
	{ "empty name", "@example.org", 0, "x", NULL },
	{ "empty realm", "alice@", 0, "x", NULL },
	{ "no realm and no default", "alice", 0, "", NULL },
	{ "no realm and NULL default", "alice", 0, NULL, NULL },
	{ "bad default realm", "alice", 0, "exa mple", NULL },
	{ "leading space", " alice@example.org", 0, "x", NULL },
	{ "trailing space", "alice @example.org", 0, "x", NULL },
	{ "space in realm", "alice@example. org", 0, "x", NULL },
	{ "trailing space in realm", "alice@example.org ", 0, "x", NULL },
	{ "NUL in name", "ali\0ce@example.org", 18, "x", NULL },
	{ "NUL in realm", "alice@example\0.org", 18, "x", NULL },
	{ "NUL at the end", "alice@example.org\0", 18, "x", NULL },
	{ "newline", "alice\n@example.org", 0, "x", NULL },
	{ "DEL", "alice\x7f@example.org", 0, "x", NULL },
	{ "ESC", "\x1b[31malice@example.org", 0, "x", NULL },
	{ "everybody", "*", 0, "example.org", NULL },
	{ "everybody of a realm", "*@example.org", 0, "x", NULL },
	{ "a group", "%admins", 0, "example.org", NULL },
	{ "%u as a name", "%u@example.org", 0, "x", NULL },
	{ "slash in realm", "alice@example/org", 0, "x", NULL },
	{ "UTF-8 realm", "alice@ex\xc3\xa4mple.org", 0, "x", NULL },
	{ "dotless i", "alice@EXAMPLE.\xc4\xb0", 0, "x", NULL },
};

static void
parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		size_t length = row->length != 0 ? row->length :
		    strlen(row->text);
		struct identity id;
		int rc = identity_parse(&id, row->text, length,
		    row->default_realm);

		TITLE(row->title);
		if (row->expected == NULL) {
			assert_int_equal(rc, ERROR_NAME);
			assert_string_equal(id.text, "");
			continue;
		}
		assert_int_equal(rc, ERROR_NONE);
		assert_string_equal(id.text, row->expected);
		assert_string_equal(identity_realm(&id),
		    strrchr(row->expected, '@') + 1);
	}
}

static void
compares_realms(void **state)
{
	struct identity id;

	(void)state;
	assert_int_equal(identity_parse(&id, "a@b@example.org", 15, NULL), 0);
	assert_true(identity_in_realm(&id, "example.org"));
	assert_true(identity_in_realm(&id, "EXAMPLE.ORG"));
	assert_false(identity_in_realm(&id, "example.or"));
	assert_false(identity_in_realm(&id, "b@example.org"));
	assert_false(identity_in_realm(&id, ""));
	assert_false(identity_in_realm(&id, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(compares_realms),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
