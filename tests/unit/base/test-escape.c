/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "base/escape.h"

/* --- writing ------------------------------------------------------------- */

#define CONTROLS "\x01\x1f\x7f"
#define C1 "\xc2\x80\xc2\x9f"
#define LATIN "\xc3\xa9\xc2\xa0"	/* e acute, no-break space */

static const struct {
	const char *title;
	enum escape_style style;
	const char *text, *escaped;
} written[] = {
	{ "log: plain", ESCAPE_LOG, "alice, 'x' ~", "alice, 'x' ~" },
	{ "log: nothing", ESCAPE_LOG, "", "" },
	{ "log: quotes", ESCAPE_LOG, "a\"b", "a\\x22b" },
	{ "log: backslash", ESCAPE_LOG, "\\x41", "\\x5cx41" },
	{ "log: controls", ESCAPE_LOG, CONTROLS, "\\x01\\x1f\\x7f" },
	{ "log: no ASCII", ESCAPE_LOG, LATIN, "\\xc3\\xa9\\xc2\\xa0" },
	{ "list: comma", ESCAPE_LOG_LIST, "a,b", "a\\x2cb" },
	{ "list: quotes", ESCAPE_LOG_LIST, "\"\\", "\\x22\\x5c" },
	{ "quoted: backslash", ESCAPE_QUOTED, "a\\x41", "a\\x41" },
	{ "quoted: quotes", ESCAPE_QUOTED, "\"\n", "\\x22\\x0a" },
	{ "quoted: no ASCII", ESCAPE_QUOTED, "\xff", "\\xff" },
	{ "controls", ESCAPE_CONTROLS, CONTROLS C1 LATIN "\\\"",
	    "\\x01\\x1f\\x7f\\xc2\\x80\\xc2\\x9f" LATIN "\\\"" },
	{ "controls: half of one", ESCAPE_CONTROLS, "\xc2", "\xc2" },
	{ "UTF-8", ESCAPE_UTF8, "\"" LATIN "\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\"" LATIN "\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "UTF-8: the last character", ESCAPE_UTF8, "\xf4\x8f\xbf\xbf",
	    "\xf4\x8f\xbf\xbf" },
	{ "UTF-8: backslash", ESCAPE_UTF8, "\\", "\\x5c" },
	{ "UTF-8: controls", ESCAPE_UTF8, CONTROLS C1,
	    "\\x01\\x1f\\x7f\\xc2\\x80\\xc2\\x9f" },
	{ "UTF-8: overlong", ESCAPE_UTF8, "\xc0\xaf\xe0\x80\xaf",
	    "\\xc0\\xaf\\xe0\\x80\\xaf" },
	{ "UTF-8: overlong, four", ESCAPE_UTF8, "\xf0\x8f\xbf\xbf",
	    "\\xf0\\x8f\\xbf\\xbf" },
	{ "UTF-8: surrogate", ESCAPE_UTF8, "\xed\xa0\x80",
	    "\\xed\\xa0\\x80" },
	{ "UTF-8: too large", ESCAPE_UTF8, "\xf4\x90\x80\x80\xf5",
	    "\\xf4\\x90\\x80\\x80\\xf5" },
	{ "UTF-8: cut short", ESCAPE_UTF8, "\xe2\x82", "\\xe2\\x82" },
	{ "UTF-8: a part alone", ESCAPE_UTF8, "\x85" "a", "\\x85" "a" },
	{ "UTF-8: led by a letter", ESCAPE_UTF8, "\xe2" "a\xac",
	    "\\xe2" "a\\xac" },
};

static void
writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(written); i++) {
		char out[128] = "", *printed = NULL;
		size_t size;
		FILE *file = open_memstream(&printed, &size);

		TITLE(written[i].title);
		assert_non_null(file);
		escape_print(file, written[i].text, written[i].style);
		fclose(file);
		assert_string_equal(printed, written[i].escaped);
		free(printed);
		escape_write(out, sizeof(out) - 1, written[i].text,
		    written[i].style);
		assert_string_equal(out, written[i].escaped);
	}
}

static const struct {
	const char *title;
	size_t max;
	const char *text, *escaped;
} cut[] = {
	{ "just so long", 6, "abcdef", "abcdef" },
	{ "one more", 6, "abcdefg", "abc..." },
	{ "an escape just so long", 6, "ab\n", "ab\\x0a" },
	{ "half of an escape", 6, "abc\n", "abc..." },
	{ "a character of two", 6, "abc\xc3\xa9" "ef", "abc..." },
	{ "half of a character", 6, "ab\xc3\xa9" "efg", "ab..." },
	{ "half of an escape where the cut is", 7, "a\nbcdef", "a..." },
	{ "nothing but the mark", 3, "abcd", "..." },
};

static void
cuts_at_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cut); i++) {
		char out[16];

		TITLE(cut[i].title);
		memset(out, 'x', sizeof(out));
		escape_write(out, cut[i].max, cut[i].text, ESCAPE_UTF8);
		assert_string_equal(out, cut[i].escaped);
		assert_int_equal(out[cut[i].max + 1], 'x');
	}
}

/* --- reading ------------------------------------------------------------- */

static const struct {
	const char *title;
	enum escape_style style;
	const char *escaped, *text;	/* NULL: refused */
} read_back[] = {
	{ "plain", ESCAPE_LOG, "alice", "alice" },
	{ "nothing", ESCAPE_LOG, "", "" },
	{ "escapes", ESCAPE_LOG, "\\x0a\\x22x\\xff", "\n\"x\xff" },
	{ "a backslash", ESCAPE_LOG, "\\x5cx41", "\\x41" },
	{ "a comma of a list", ESCAPE_LOG_LIST, "a\\x2cb", "a,b" },
	{ "what systemd escapes", ESCAPE_ALL, "a\\x2db", "a-b" },
	{ "no octet above ASCII is an end", ESCAPE_ALL, "\xff", "\xff" },
	{ "a comma elsewhere", ESCAPE_LOG, "a\\x2cb", NULL },
	{ "what needs none", ESCAPE_LOG, "\\x41", NULL },
	{ "NUL", ESCAPE_LOG, "\\x00", NULL },
	{ "NUL of systemd", ESCAPE_ALL, "a\\x00", NULL },
	{ "upper case", ESCAPE_LOG, "\\x5C", NULL },
	{ "another letter", ESCAPE_LOG, "\\n", NULL },
	{ "another form", ESCAPE_LOG, "\\X0a", NULL },
	{ "octal", ESCAPE_LOG, "\\012", NULL },
	{ "one digit", ESCAPE_LOG, "\\x5", NULL },
	{ "one digit and more", ESCAPE_LOG, "\\x5 a", NULL },
	{ "no digit", ESCAPE_LOG, "\\x", NULL },
	{ "a backslash alone", ESCAPE_LOG, "a\\", NULL },
	{ "a sign", ESCAPE_LOG, "\\x-1", NULL },
};

static void
reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(read_back); i++) {
		size_t length = strlen(read_back[i].escaped);
		char out[32];

		TITLE(read_back[i].title);
		strcpy(out, read_back[i].escaped);
		assert_int_equal(escape_read(out, length + 1, out, length,
		    read_back[i].style), read_back[i].text != NULL);
		if (read_back[i].text == NULL)
			continue;
		assert_string_equal(out, read_back[i].text);
		length = strlen(out);
		assert_false(length > 0 && escape_read(out, length,
		    read_back[i].escaped, strlen(read_back[i].escaped),
		    read_back[i].style));	/* one octet too small */
	}
}

/* The text goes on behind its length, which an escape must not notice. */
static void
reads_no_further(void **state)
{
	char out[8];

	(void)state;
	assert_false(escape_read(out, sizeof(out), "\\x0a", 3, ESCAPE_LOG));
	assert_true(escape_read(out, sizeof(out), "ab\\x0a", 2, ESCAPE_LOG));
	assert_string_equal(out, "ab");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(cuts_at_characters),
		cmocka_unit_test(reads_back),
		cmocka_unit_test(reads_no_further),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
