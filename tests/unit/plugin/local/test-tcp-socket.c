/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "plugin/local/tcp_socket.h"

/* Addresses as they come; ip is the same for inet_pton(3), NULL: refused. */
static const struct {
	const char *text;
	const char *ip;
	uint16_t port;
	uint32_t scope;
} addresses[] = {
	{ "127.0.0.1;5900", "::ffff:127.0.0.1", 5900, 0 },
	{ "192.0.2.7;65535", "::ffff:192.0.2.7", 65535, 0 },
	{ "::ffff:192.0.2.7;1", "::ffff:192.0.2.7", 1, 0 },
	{ "::FFFF:C000:207;1", "::ffff:192.0.2.7", 1, 0 },
	{ "::1;40000", "::1", 40000, 0 },
	{ "2001:db8::1;40000", "2001:db8::1", 40000, 0 },
	{ "fe80::1%7;40000", "fe80::1", 40000, 7 },
	{ "fe80::1%lo;40000", "fe80::1", 40000, 1 },
	{ "fe80::1;40000", "fe80::1", 40000, 0 },
	{ "", NULL, 0, 0 },
	{ ";", NULL, 0, 0 },
	{ ";5900", NULL, 0, 0 },
	{ "127.0.0.1", NULL, 0, 0 },
	{ "127.0.0.1;", NULL, 0, 0 },
	{ "127.0.0.1;0", NULL, 0, 0 },
	{ "127.0.0.1;00000", NULL, 0, 0 },
	{ "127.0.0.1;65536", NULL, 0, 0 },
	{ "127.0.0.1;99999999999", NULL, 0, 0 },
	{ "127.0.0.1;005900", NULL, 0, 0 },
	{ "127.0.0.1; 5900", NULL, 0, 0 },
	{ "127.0.0.1;5900 ", NULL, 0, 0 },
	{ "127.0.0.1;+5900", NULL, 0, 0 },
	{ "127.0.0.1;-1", NULL, 0, 0 },
	{ "127.0.0.1;170C", NULL, 0, 0 },
	{ "127.0.0.1;vnc", NULL, 0, 0 },
	{ "127.0.0.1:5900", NULL, 0, 0 },
	{ "127.0.0.1;5900;5900", NULL, 0, 0 },
	{ " 127.0.0.1;5900", NULL, 0, 0 },
	{ "127.1;5900", NULL, 0, 0 },
	{ "127.0.0.256;5900", NULL, 0, 0 },
	{ "0x7f.0.0.1;5900", NULL, 0, 0 },
	{ "0.0.0.0;5900", NULL, 0, 0 },
	{ "::;5900", NULL, 0, 0 },
	{ "::ffff:0.0.0.0;5900", NULL, 0, 0 },
	{ "[::1];5900", NULL, 0, 0 },
	{ ":::1;5900", NULL, 0, 0 },
	{ "localhost;5900", NULL, 0, 0 },
	{ "127.0.0.1%lo;5900", NULL, 0, 0 },
	{ "::ffff:127.0.0.1%1;5900", NULL, 0, 0 },
	{ "fe80::1%;5900", NULL, 0, 0 },
	{ "fe80::1%0;5900", NULL, 0, 0 },
	{ "fe80::1%4294967296;5900", NULL, 0, 0 },
	{ "fe80::1%no-such-device;5900", NULL, 0, 0 },
	{ "fe80::1%1%1;5900", NULL, 0, 0 },
	{ "fe80::1%lo/../lo;5900", NULL, 0, 0 },
	{ "1111111111111111111111111111111111111111111111111111111111111111;1",
	    NULL, 0, 0 },
};

static void
parses_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct tcp_end end;
		uint8_t ip[TCP_IP_LENGTH];

		TITLE(addresses[i].text);
		assert_int_equal(tcp_end_parse(&end, addresses[i].text),
		    addresses[i].ip != NULL);
		if (addresses[i].ip == NULL)
			continue;
		assert_int_equal(inet_pton(AF_INET6, addresses[i].ip, ip), 1);
		assert_memory_equal(end.ip, ip, sizeof(ip));
		assert_int_equal(end.port, addresses[i].port);
		assert_int_equal(end.scope, addresses[i].scope);
	}
}

/* What follows the ports. */
#define REST " 01 00000000:00000000 00:00000000 00000000"
#define V4 "   0: 0100007F:170C 0100007F:9C40"
#define V6 "  12: 00000000000000000000000001000000:170C" \
	" 0000000000000000FFFF00000100007F:9C40"

static const struct {
	const char *line;
	bool good;
} lines[] = {
	{ V4 REST "  1000        0 4711 1 0000 20 4 30 10 -1   \n", true },
	{ V4 REST "  1000        0 4711 \n", true },
	{ V4 REST " 4294967295 0 18446744073709551615 1\n", true },
	{ V6 REST "  1000        0 4711 1 0000 20 4 30 10 -1\n", true },
	{ V6 REST "     0        0 0 3 00000000aac4dc5f\n", true },
	{ "123456: 0100007F:170C 0100007F:9C40" REST " 0 0 0 3\n", true },
	{ "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"
	    " retrnsmt   uid  timeout inode \n", false },
	{ "", false },
	{ "\n", false },
	{ "   \n", false },
	{ "0:\n", false },
	{ V4 "\n", false },
	{ V4 REST "\n", false },
	{ V4 REST "  1000\n", false },
	{ V4 REST "  1000        0\n", false },
	{ V4 REST "  1000        0 4711\n", false },	/* cut */
	{ V4 REST "  1000        0 4711 1", false },
	{ V4 REST "  -1 0 4711 1\n", false },
	{ V4 REST "  1000x 0 4711 1\n", false },
	{ V4 REST "  0x10 0 4711 1\n", false },
	{ V4 REST "  4294967296 0 4711 1\n", false },
	{ V4 REST "  99999999999 0 4711 1\n", false },
	{ V4 REST "  1000 0 18446744073709551616 1\n", false },
	{ V4 REST "  1000 0 -4711 1\n", false },
	{ V4 REST "  A 0 4711 1\n", false },
	{ " 0: 0100007:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 00100007F:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007f:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007F 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007F: 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007F:170C5 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007F:170C" REST " 1000 0 4711 1\n", false },
	{ " 0: 0100007F00000000:170C 0100007F:9C40" REST " 0 0 1 1\n", false },
	{ " 0 0100007F:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " : 0100007F:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ " 0:0100007F:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ "\t0: 0100007F:170C 0100007F:9C40" REST " 1000 0 4711 1\n", false },
	{ "0: 00000000:0000 00000000:0000 00 - - - 0 - 0 \n", true },
	{ "0: 00000000:000 00000000:0000 00 - - - 0 - 0 \n", false },
	{ "0: 00000000:0000 00000000:00000 00 - - - 0 - 0 \n", false },
	{ V4 " 1 0:0 0:0 0 1000 0 4711 1\n", false },
	{ V4 " 001 0:0 0:0 0 1000 0 4711 1\n", false },
	{ V4 " G1 0:0 0:0 0 1000 0 4711 1\n", false },
};

/* In memory of its own, so that nothing behind it goes unnoticed. */
static bool
parse(struct tcp_socket *socket, const char *line, size_t length)
{
	char *exact = malloc(length > 0 ? length : 1);
	bool good;

	assert_non_null(exact);
	memcpy(exact, line, length);
	good = tcp_socket_parse_line(socket, exact, length);
	free(exact);
	return good;
}

static void
parses_lines(void **state)
{
	struct tcp_socket socket;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		fprintf(stderr, "# line %zu\n", i);
		assert_int_equal(parse(&socket, lines[i].line,
		    strlen(lines[i].line)), lines[i].good);
	}
}

static void
reads_every_field(void **state)
{
	const struct in6_addr mapped = {
	    .s6_addr = { [10] = 0xff, 0xff, 192, 0, 2, 7 } };
	char line[256];
	struct tcp_socket socket;
	uint32_t words[4];

	(void)state;
	memcpy(words, &mapped, sizeof(words));
	snprintf(line, sizeof(line), " 9: %08X:170C %08X%08X%08X%08X:9C40 0A"
	    " 1:2 3:4 5 1000 6 4711 7\n", (unsigned int)inet_addr("192.0.2.1"),
	    (unsigned int)words[0], (unsigned int)words[1],
	    (unsigned int)words[2], (unsigned int)words[3]);
	assert_true(parse(&socket, line, strlen(line)));
	assert_true(tcp_end_is_ipv4(&socket.here));
	assert_memory_equal(socket.here.ip + 12, "\xc0\x00\x02\x01", 4);
	assert_int_equal(socket.here.port, 5900);
	assert_memory_equal(socket.there.ip, &mapped, sizeof(mapped));
	assert_int_equal(socket.there.port, 40000);
	assert_int_equal(socket.state, 10);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 4711);
}

/* No part of a line passes for one, and no octet that is another's place
 * makes the parser read past the end. */
static void
refuses_parts_of_lines(void **state)
{
	static const char line[] = V6 REST "  1000        0 4711 1\n";
	static const char octets[] = { '\0', '\n', ' ', ':', '-', '9',
	    'Z', (char)0xff };
	struct tcp_socket socket;
	char spoiled[sizeof(line)];

	(void)state;
	for (size_t length = 0; length < sizeof(line) - 1; length++) {
		assert_false(parse(&socket, line, length));
		for (size_t i = 0; i < COUNT(octets); i++) {
			memcpy(spoiled, line, sizeof(line));
			spoiled[length] = octets[i];
			(void)parse(&socket, spoiled, sizeof(line) - 1);
			(void)parse(&socket, spoiled, length + 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(parses_lines),
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(refuses_parts_of_lines),
	};

	return cmocka_run_group_tests_name("tcp_socket", tests, NULL, NULL);
}
