/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/tcp_socket.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* Octets that are still to be read; a failure sticks. */
struct cursor {
	const char *at;
	const char *end;
	bool failed;
};

bool
tcp_end_is_ipv4(const struct tcp_end *end)
{
	return memcmp(end->ip, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool
tcp_end_equal(const struct tcp_end *a, const struct tcp_end *b)
{
	return a->port == b->port &&
	    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool
end_is_nobody(const struct tcp_end *end)
{
	static const uint8_t zeros[TCP_IP_LENGTH];
	size_t from = tcp_end_is_ipv4(end) ? sizeof(mapped_prefix) : 0;

	return memcmp(end->ip + from, zeros, sizeof(zeros) - from) == 0;
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A number of one to most digits, no greater than limit. */
static uint64_t
take_number(struct cursor *cursor, unsigned int base, size_t most,
    uint64_t limit)
{
	uint64_t value = 0;
	size_t count = 0;

	for (; cursor->at < cursor->end && count < most; count++) {
		int digit = digit_value(*cursor->at);

		if (digit < 0 || (unsigned int)digit >= base)
			break;
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
take_char(struct cursor *cursor, char c)
{
	if (cursor->failed || cursor->at == cursor->end || *cursor->at != c)
		cursor->failed = true;
	else
		cursor->at++;
}

static void
skip_blanks(struct cursor *cursor)
{
	const char *begin = cursor->at;

	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
	if (cursor->at == begin)
		cursor->failed = true;
}

/* A word that doesn't matter, and the blanks behind it. */
static void
skip_word(struct cursor *cursor)
{
	const char *begin = cursor->at;

	while (cursor->at < cursor->end && *cursor->at != ' ' &&
	    *cursor->at != '\n')
		cursor->at++;
	if (cursor->at == begin)
		cursor->failed = true;
	skip_blanks(cursor);
}

/* A hexadecimal number of exactly so many digits. */
static uint32_t
take_hex(struct cursor *cursor, ptrdiff_t digits)
{
	const char *begin = cursor->at;
	uint32_t value = (uint32_t)take_number(cursor, 16, (size_t)digits,
	    UINT32_MAX);

	if (cursor->at - begin != digits)
		cursor->failed = true;
	return value;
}

/* 32 bits as the kernel prints them: a number of this machine's order. */
static void
take_ip_word(struct cursor *cursor, uint8_t out[4])
{
	uint32_t word = take_hex(cursor, 8);

	memcpy(out, &word, sizeof(word));
}

/* "0100007F:170C", or with four words in front of the colon. */
static void
take_end(struct cursor *cursor, struct tcp_end *end)
{
	take_ip_word(cursor, end->ip);
	if (cursor->at < cursor->end && *cursor->at == ':') {
		memcpy(end->ip + sizeof(mapped_prefix), end->ip, 4);
		memcpy(end->ip, mapped_prefix, sizeof(mapped_prefix));
	} else {
		for (size_t i = 4; i < sizeof(end->ip); i += 4)
			take_ip_word(cursor, end->ip + i);
	}
	take_char(cursor, ':');
	end->port = (uint16_t)take_hex(cursor, 4);
	skip_blanks(cursor);
}

bool
tcp_socket_parse_line(struct tcp_socket *socket_r, const char *line,
    size_t length)
{
	struct cursor cursor = { line, line + length, length == 0 };
	struct tcp_socket socket = { 0 };

	if (cursor.failed)
		return false;
	while (cursor.at < cursor.end && *cursor.at == ' ')
		cursor.at++;
	(void)take_number(&cursor, 10, 20, UINT64_MAX);	/* sl */
	take_char(&cursor, ':');
	skip_blanks(&cursor);
	take_end(&cursor, &socket.here);
	take_end(&cursor, &socket.there);
	socket.state = (uint8_t)take_hex(&cursor, 2);
	skip_blanks(&cursor);
	skip_word(&cursor);	/* tx_queue:rx_queue */
	skip_word(&cursor);	/* tr:tm->when */
	skip_word(&cursor);	/* retrnsmt */
	socket.uid = (uid_t)take_number(&cursor, 10, 10, UINT32_MAX);
	skip_blanks(&cursor);
	skip_word(&cursor);	/* timeout */
	socket.inode = take_number(&cursor, 10, 20, UINT64_MAX);
	skip_blanks(&cursor);
	if (cursor.failed || line[length - 1] != '\n')
		return false;
	*socket_r = socket;
	return true;
}

static bool
parse_scope(const char *text, uint32_t *scope_r)
{
	struct cursor cursor = { text, text + strlen(text), false };
	uint64_t number = take_number(&cursor, 10, 10, INT_MAX);

	*scope_r = !cursor.failed && cursor.at == cursor.end ?
	    (uint32_t)number : if_nametoindex(text);
	return *scope_r != 0;
}

static bool
parse_ip(struct tcp_end *end, const char *text)
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
	struct cursor cursor = { split, split, false };
	struct tcp_end end = { 0 };
	char *scope;

	if (split == NULL || (size_t)(split - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(split - text));
	host[split - text] = '\0';
	scope = strchr(host, '%');
	if (scope != NULL)
		*scope++ = '\0';
	cursor.at++;
	cursor.end += strlen(split);
	end.port = (uint16_t)take_number(&cursor, 10, 5, UINT16_MAX);
	if (cursor.failed || cursor.at != cursor.end || end.port == 0 ||
	    !parse_ip(&end, host) || end_is_nobody(&end) ||
	    (scope != NULL && (tcp_end_is_ipv4(&end) ||
	    !parse_scope(scope, &end.scope))))
		return false;
	*end_r = end;
	return true;
}
