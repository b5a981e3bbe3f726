/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A network and, on the next line, an address. */

#include <arpa/inet.h>

#include "decide/network.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *address = fuzz_second(text);
	char own[INET6_ADDRSTRLEN];
	struct network network;
	bool known, inside;

	if (network_parse(&network, text)) {
		HOLDS(network.family == AF_INET || network.family == AF_INET6);
		HOLDS(network.prefix <=
		    (network.family == AF_INET ? 32U : 128U));
		HOLDS(inet_ntop(network.family, network.address, own,
		    sizeof(own)) != NULL);
		/* a network has its own address in it */
		HOLDS(network_contains(&network, own, &known) && known);
		inside = network_contains(&network, address, &known);
		HOLDS(known || !inside);
	}
	free(text);
	return 0;
}
