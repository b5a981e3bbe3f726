/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/uuid.h"

#define UUID "0b8a1cf2-4d3e-4f6a-9b7c-d81e2f3a4b5c"

static const struct {
	const char *title;
	const char *text;
	bool good, lower;
} rows[] = {
	{ "lower case", UUID, true, true },
	{ "upper case", "0B8A1CF2-4D3E-4F6A-9B7C-D81E2F3A4B5C", true, false },
	{ "both", "0b8a1cf2-4d3e-4f6A-9b7c-d81e2f3a4b5c", true, false },
	{ "nothing", "", false, false },
	{ "no dashes", "0b8a1cf24d3e4f6a9b7cd81e2f3a4b5c", false, false },
	{ "a dash elsewhere", "0b8a1cf-24d3e-4f6a-9b7c-d81e2f3a4b5c", false,
	    false },
	{ "another dash", "0b8a1cf2_4d3e-4f6a-9b7c-d81e2f3a4b5c", false,
	    false },
	{ "a digit less", "0b8a1cf2-4d3e-4f6a-9b7c-d81e2f3a4b5", false,
	    false },
	{ "a digit more", UUID "0", false, false },
	{ "no digit", "0b8a1cf2-4d3e-4f6a-9b7c-d81e2f3a4b5g", false, false },
	{ "braces", "{" UUID "}", false, false },
	{ "a blank in front", " " UUID, false, false },
	{ "a line feed", UUID "\n", false, false },
	{ "the shape itself", UUID_SHAPE, false, false },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char uuid[UUID_LENGTH + 1];

		TITLE(rows[i].title);
		memset(uuid, 'x', sizeof(uuid));
		assert_int_equal(uuid_read(uuid, rows[i].text), rows[i].good);
		assert_string_equal(uuid, rows[i].good ? UUID : "");
		assert_int_equal(uuid_is_lower(rows[i].text), rows[i].lower);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
	};

	return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
