/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/hex.h"

enum { SIZE = 3 };

static const unsigned char octets[SIZE] = { 0x00, 0xaf, 0x1e };

static const struct {
	const char *title;
	const char *text;
	bool strict, people;		/* whether it is read */
} rows[] = {
	{ "as we write it", "00af1e", true, true },
	{ "upper case", "00AF1E", false, true },
	{ "both cases", "00aF1e", false, true },
	{ "colons", "00:AF:1E", false, true },
	{ "nothing", "", false, false },
	{ "an octet less", "00af", false, false },
	{ "a digit less", "00af1", false, false },
	{ "a digit more", "00af1e0", false, false },
	{ "an octet more", "00af1e00", false, false },
	{ "no digit", "00ag1e", false, false },
	{ "the digit after 9", "00a:1e", false, false },
	{ "a blank", "00 af1e", false, false },
	{ "a blank in front", " 00af1e", false, false },
	{ "a line feed", "00af1e\n", false, false },
	{ "0x", "0x00af1e", false, false },
	{ "one colon", "00:af1e", false, false },
	{ "a colon within", "0:0af1e", false, false },
	{ "a colon at the end", "00:af:1e:", false, false },
	{ "a colon in front", ":00:af:1e", false, false },
	{ "two colons", "00::af:1e", false, false },
	{ "nothing but colons", "::", false, false },
};

static void
reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char strict[SIZE] = { 0 }, people[SIZE] = { 0 };

		TITLE(rows[i].title);
		assert_int_equal(hex_read(strict, SIZE, rows[i].text),
		    rows[i].strict);
		assert_int_equal(hex_read_colons(people, SIZE, rows[i].text),
		    rows[i].people);
		if (rows[i].strict)
			assert_memory_equal(strict, octets, SIZE);
		if (rows[i].people)
			assert_memory_equal(people, octets, SIZE);
	}
}

static void
writes(void **state)
{
	char plain[2 * SIZE + 1], colons[3 * SIZE];

	(void)state;
	hex_write(plain, octets, SIZE);
	assert_string_equal(plain, "00af1e");
	hex_write_colons(colons, octets, SIZE);
	assert_string_equal(colons, "00:AF:1E");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
