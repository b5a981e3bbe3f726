/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* An address as Cyrus SASL has it, or a line of /proc/net/tcp or tcp6. */

#include "plugin/local/tcp_socket.h"
#include "tests/fuzz/fuzz.h"

static void
try_address(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct tcp_end end;

	HOLDS(text != NULL);
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (tcp_end_parse(&end, text)) {
		HOLDS(end.port != 0);
		HOLDS(tcp_end_equal(&end, &end));
		HOLDS(end.scope == 0 || !tcp_end_is_ipv4(&end));
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char shortest[] =
	    "0: 00000000:0000 00000000:0000 00 - - - 0 - 0 \n";
	struct tcp_socket socket;

	if (tcp_socket_parse_line(&socket, (const char *)data, size))
		HOLDS(size >= strlen(shortest) && data[size - 1] == '\n');
	try_address(data, size);
	return 0;
}
