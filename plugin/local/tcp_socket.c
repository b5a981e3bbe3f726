/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/tcp_socket.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* Octets that are still to be read.  A failure sticks, so a line is read item
 * by item and checked once at its end. */
struct tcp_socket_cursor {
	const char *at;
	const char *end;
	bool failed;
};

bool
tcp_end_is_ipv4(const struct tcp_end *end)
{
	return memcmp(end->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

const uint8_t *
tcp_end_ip(const struct tcp_end *end, size_t *size_r)
{
	size_t from = tcp_end_is_ipv4(end) ? sizeof(mapped_prefix) : 0;

	*size_r = sizeof(end->ip) - from;
	return end->ip + from;
}

void
tcp_end_set_ip(struct tcp_end *end, const void *ip, size_t size)
{
	memcpy(end->ip, mapped_prefix, sizeof(mapped_prefix));
	memcpy(end->ip + sizeof(end->ip) - size, ip, size);
}

bool
tcp_end_equal(const struct tcp_end *a, const struct tcp_end *b)
{
	return a->port == b->port &&
	    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool
tcp_end_is_unspecified(const struct tcp_end *end)
{
	static const uint8_t zeros[TCP_IP_LENGTH];
	size_t size;
	const uint8_t *ip = tcp_end_ip(end, &size);

	return memcmp(ip, zeros, size) == 0;
}

/* Upper case alone: the kernel prints %X. */
static int
tcp_socket_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A number of one to most digits, no greater than limit. */
static uint64_t
tcp_socket_read_number(struct tcp_socket_cursor *cursor, unsigned int base,
    size_t most, uint64_t limit)
{
	uint64_t value = 0;
	size_t count = 0;

	for (; cursor->at < cursor->end && count < most; count++) {
		int digit = tcp_socket_digit_value(*cursor->at);

		if (digit < 0 || (unsigned int)digit >= base)
			break;
		/* before the multiplication, which could overflow */
		if (value > (limit - (unsigned int)digit) / base) {
			cursor->failed = true;
			return 0;
		}
		value = value * base + (unsigned int)digit;
		cursor->at++;
	}
	if (count == 0)
		cursor->failed = true;
	return cursor->failed ? 0 : value;
}

/* One character, which has to be this one. */
static void
tcp_socket_read_char(struct tcp_socket_cursor *cursor, char c)
{
	if (cursor->failed || cursor->at == cursor->end || *cursor->at != c)
		cursor->failed = true;
	else
		cursor->at++;
}

/* One blank or more. */
static void
tcp_socket_skip_blanks(struct tcp_socket_cursor *cursor)
{
	tcp_socket_read_char(cursor, ' ');
	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
}

/* A word that is not needed, and the blanks behind it. */
static void
tcp_socket_skip_word(struct tcp_socket_cursor *cursor)
{
	const char *begin = cursor->at;

	while (cursor->at < cursor->end && *cursor->at != ' ' &&
	    *cursor->at != '\n')
		cursor->at++;
	if (cursor->at == begin)
		cursor->failed = true;
	tcp_socket_skip_blanks(cursor);
}

/* A hexadecimal number of exactly so many digits. */
static uint32_t
tcp_socket_read_hex(struct tcp_socket_cursor *cursor, ptrdiff_t digits)
{
	const char *begin = cursor->at;
	uint32_t value = (uint32_t)tcp_socket_read_number(cursor, 16,
	    (size_t)digits, UINT32_MAX);

	if (cursor->at - begin != digits)
		cursor->failed = true;
	return value;
}

/* An end as "0100007F:170C", in tcp6 with four words in front of the colon.
 * The kernel prints 32 bits of an address as a number, so the octets come in
 * this machine's order. */
static void
tcp_socket_read_end(struct tcp_socket_cursor *cursor, struct tcp_end *end)
{
	uint32_t words[4] = { tcp_socket_read_hex(cursor, 8) };
	size_t count = 1;

	if (cursor->at < cursor->end && *cursor->at != ':') {
		for (; count < 4; count++)
			words[count] = tcp_socket_read_hex(cursor, 8);
	}
	tcp_end_set_ip(end, words, count * sizeof(words[0]));
	tcp_socket_read_char(cursor, ':');
	end->port = (uint16_t)tcp_socket_read_hex(cursor, 4);
	tcp_socket_skip_blanks(cursor);
}

bool
tcp_socket_parse_line(struct tcp_socket *socket_r, const char *line,
    size_t length)
{
	struct tcp_socket_cursor cursor = { line, line + length, length == 0 };
	struct tcp_socket socket = { 0 };

	if (cursor.failed)
		return false;
	while (cursor.at < cursor.end && *cursor.at == ' ')
		cursor.at++;
	(void)tcp_socket_read_number(&cursor, 10, 20, UINT64_MAX);	/* sl */
	tcp_socket_read_char(&cursor, ':');
	tcp_socket_skip_blanks(&cursor);
	tcp_socket_read_end(&cursor, &socket.here);
	tcp_socket_read_end(&cursor, &socket.there);
	socket.state = (uint8_t)tcp_socket_read_hex(&cursor, 2);
	tcp_socket_skip_blanks(&cursor);
	tcp_socket_skip_word(&cursor);	/* tx_queue:rx_queue */
	tcp_socket_skip_word(&cursor);	/* tr:tm->when */
	tcp_socket_skip_word(&cursor);	/* retrnsmt */
	socket.uid = (uid_t)tcp_socket_read_number(&cursor, 10, 10, UINT32_MAX);
	tcp_socket_skip_blanks(&cursor);
	tcp_socket_skip_word(&cursor);	/* timeout */
	socket.inode = tcp_socket_read_number(&cursor, 10, 20, UINT64_MAX);
	tcp_socket_skip_blanks(&cursor);
	if (cursor.failed || line[length - 1] != '\n')
		return false;
	*socket_r = socket;
	return true;
}

/* getnameinfo(3) writes the interface's name, or its index where it finds no
 * name.  0 is no interface. */
static bool
tcp_end_parse_scope(const char *text, uint32_t *scope_r)
{
	struct tcp_socket_cursor cursor = { text, text + strlen(text), false };
	uint64_t number = tcp_socket_read_number(&cursor, 10, 10, INT_MAX);

	*scope_r = !cursor.failed && cursor.at == cursor.end ?
	    (uint32_t)number : if_nametoindex(text);
	return *scope_r != 0;
}

static bool
tcp_end_parse_ip(struct tcp_end *end, const char *text)
{
	memcpy(end->ip, mapped_prefix, sizeof(mapped_prefix));
	return inet_pton(AF_INET, text,
	    end->ip + sizeof(mapped_prefix)) == 1 ||
	    inet_pton(AF_INET6, text, end->ip) == 1;
}

bool
tcp_end_parse(struct tcp_end *end_r, const char *text)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE];
	const char *split = strrchr(text, ';');
	struct tcp_socket_cursor cursor = { split, split, false };
	struct tcp_end end = { 0 };
	char *scope;

	if (split == NULL || (size_t)(split - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(split - text));
	host[split - text] = '\0';
	scope = strchr(host, '%');
	if (scope != NULL)
		*scope++ = '\0';
	/* behind the semicolon, to the end of the text */
	cursor.at++;
	cursor.end += strlen(split);
	end.port = (uint16_t)tcp_socket_read_number(&cursor, 10, 5, UINT16_MAX);
	if (cursor.failed || cursor.at != cursor.end || end.port == 0 ||
	    !tcp_end_parse_ip(&end, host) || tcp_end_is_unspecified(&end) ||
	    (scope != NULL && (tcp_end_is_ipv4(&end) ||
	    !tcp_end_parse_scope(scope, &end.scope))))
		return false;
	*end_r = end;
	return true;
}
