/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Addresses and networks in CIDR notation (RFC 4632, RFC 4291). */

#ifndef VMAUTHZ_DECIDE_NETWORK_H
#define VMAUTHZ_DECIDE_NETWORK_H

#include <stdbool.h>

struct network {
	int family;			/* AF_INET or AF_INET6 */
	unsigned char address[16];	/* in network order, 4 octets of IPv4 */
	unsigned int prefix;		/* bits */
};

/* Reads "192.0.2.0/24", or an address alone (a prefix of all its bits).
 * Returns false for anything else, also if bits behind the prefix are set, and
 * for an IPv4-mapped network, which no client's address would match. */
bool network_parse(struct network *network_r, const char *text);

/* Whether an address, with or without a scope ("fe80::1%eth0"), is in the
 * network.  An IPv4-mapped address (::ffff:192.0.2.7) counts as its IPv4.
 * *known_r is false, and so is the result, if address is malformed. */
bool network_contains(const struct network *network, const char *address,
    bool *known_r);

#endif
