/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "saslauthd-ext/worker/mux.h"

/* Octets with their number; the literal's NUL doesn't count. */
#define OCTETS(text) (const unsigned char *)(text), sizeof(text) - 1

static const char whole[] =
    "\0\005alice\0\006secret\0\005spice\0\013example.org";

static void
takes_requests(void **state)
{
	struct mux_request request;

	(void)state;
	assert_int_equal(mux_parse(&request, OCTETS(whole)), MUX_COMPLETE);
	assert_string_equal(request.login, "alice");
	assert_string_equal(request.password, "secret");
	assert_string_equal(request.service, "spice");
	assert_string_equal(request.realm, "example.org");
	assert_int_equal(mux_parse(&request,
	    OCTETS("\0\001a\0\0\0\0\0\0")), MUX_COMPLETE);
	assert_string_equal(request.login, "a");
	assert_string_equal(request.password, "");
	assert_string_equal(request.realm, "");
}

static void
waits_for_the_rest(void **state)
{
	struct mux_request request;

	(void)state;
	for (size_t size = 0; size < sizeof(whole) - 1; size++) {
		assert_int_equal(mux_parse(&request,
		    (const unsigned char *)whole, size), MUX_MORE);
		assert_string_equal(request.login, "");
		assert_string_equal(request.password, "");
	}
}

static const struct {
	const char *title;
	const unsigned char *data;
	size_t size;
} malformed[] = {
	{ "one octet more", OCTETS("\0\001a\0\0\0\0\0\0x") },
	{ "a second request",
	    OCTETS("\0\001a\0\0\0\0\0\0\0\001a\0\0\0\0\0\0") },
	{ "no login", OCTETS("\0\0\0\001p\0\0\0\0") },
	{ "a NUL in the login", OCTETS("\0\003a\0b\0\0\0\0\0\0") },
	{ "a NUL in the password", OCTETS("\0\001a\0\002p\0\0\0\0\0") },
	{ "a NUL in the realm", OCTETS("\0\001a\0\0\0\0\0\001\0") },
	{ "a login that will be too long", OCTETS("\004\001") },
	{ "a password that will be", OCTETS("\0\001a\004\001") },
	{ "as long as can be said", OCTETS("\377\377") },
	{ "text", OCTETS("GET / HTTP/1.0\r\n\r\n") },
};

static void
refuses(void **state)
{
	struct mux_request request;

	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		TITLE(malformed[i].title);
		memset(&request, 'x', sizeof(request));
		assert_int_equal(mux_parse(&request, malformed[i].data,
		    malformed[i].size), MUX_MALFORMED);
		assert_string_equal(request.login, "");
		assert_string_equal(request.password, "");
	}
}

static void
takes_the_longest(void **state)
{
	static unsigned char data[MUX_REQUEST_MAX];
	static struct mux_request request;
	size_t size = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		data[size++] = MUX_TEXT_MAX >> 8;
		data[size++] = MUX_TEXT_MAX & 0xff;
		memset(data + size, 'a' + i, MUX_TEXT_MAX);
		size += MUX_TEXT_MAX;
	}
	assert_int_equal(size, MUX_REQUEST_MAX);
	assert_int_equal(mux_parse(&request, data, size), MUX_COMPLETE);
	assert_int_equal(strlen(request.login), MUX_TEXT_MAX);
	assert_int_equal(strlen(request.realm), MUX_TEXT_MAX);
	assert_int_equal(request.realm[0], 'd');
}

static void
answers(void **state)
{
	unsigned char out[MUX_ANSWER_MAX];
	char longest[200];

	(void)state;
	assert_int_equal(mux_answer(out, "OK"), 4);
	assert_memory_equal(out, "\0\002OK", 4);
	assert_int_equal(mux_answer(out, "NO no"), 7);
	assert_memory_equal(out, "\0\005NO no", 7);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(mux_answer(out, longest), MUX_ANSWER_MAX);
	assert_memory_equal(out, "\0\076xx", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_requests),
		cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_the_longest),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
