/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What comes over the socket "mux", in one piece and in two. */

#include "saslauthd-ext/worker/mux.h"
#include "tests/fuzz/fuzz.h"

static size_t
octets(const struct mux_request *request)
{
	return 8 + strlen(request->login) + strlen(request->password) +
	    strlen(request->service) + strlen(request->realm);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mux_request request, part;
	enum mux_state state = mux_parse(&request, data, size);

	for (size_t i = 0; i < size && i < 64; i++) {
		enum mux_state before = mux_parse(&part, data, i);

		/* nothing mends what is wrong, and nothing follows the end */
		HOLDS(before != MUX_MALFORMED || state == MUX_MALFORMED);
		HOLDS(before != MUX_COMPLETE || state == MUX_MALFORMED);
		HOLDS(before == MUX_COMPLETE || part.login[0] == '\0');
	}
	if (state == MUX_COMPLETE)
		HOLDS(octets(&request) == size && request.login[0] != '\0');
	else
		HOLDS(request.login[0] == '\0' && request.password[0] == '\0');
	HOLDS(state != MUX_MORE || size < MUX_REQUEST_MAX);
	return 0;
}
