/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	NETWORK_SIZE = sizeof(struct in6_addr),	/* octets */
	NETWORK_TEXT_MAX = 64,		/* octets of an address, with NUL */
	NETWORK_MAPPED_OFFSET = 12,	/* octets before the IPv4 in a mapped
					 * address */
};

/* The address in the first length octets of text.  The octets behind an IPv4
 * are 0. */
static bool
network_parse_address(const char *text, size_t length, int *family_r,
    unsigned char address_r[NETWORK_SIZE])
{
	char address[NETWORK_TEXT_MAX];

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	memset(address_r, 0, NETWORK_SIZE);
	*family_r = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(*family_r, address, address_r) == 1;
}

/* A number without a sign, a leading zero or trailing text.  strtoul(3) would
 * accept the first two. */
static bool
network_parse_prefix(const char *text, unsigned int max, unsigned int *prefix_r)
{
	size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 3 || text[length] != '\0' ||
	    (text[0] == '0' && length > 1))
		return false;
	*prefix_r = (unsigned int)strtoul(text, NULL, 10);
	return *prefix_r <= max;
}

/* Whether an address without the bits behind the prefix is that of the
 * network. */
static bool
network_has_address(const struct network *network,
    const unsigned char address[NETWORK_SIZE])
{
	unsigned char masked[NETWORK_SIZE];

	memcpy(masked, address, sizeof(masked));
	for (unsigned int i = network->prefix; i < 8 * NETWORK_SIZE; i++)
		masked[i / 8] &= (unsigned char)~(0x80 >> i % 8);
	return memcmp(masked, network->address, sizeof(masked)) == 0;
}

static bool
network_is_mapped(int family, const unsigned char address[NETWORK_SIZE])
{
	return family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(
	    (const struct in6_addr *)(const void *)address);
}

bool
network_parse(struct network *network_r, const char *text)
{
	size_t length = strcspn(text, "/");
	unsigned int bits;

	memset(network_r, 0, sizeof(*network_r));
	if (!network_parse_address(text, length, &network_r->family,
	    network_r->address) || network_is_mapped(network_r->family,
	    network_r->address))
		return false;
	bits = network_r->family == AF_INET ? 32 : 128;
	network_r->prefix = bits;
	return (text[length] != '/' || network_parse_prefix(text + length + 1,
	    bits, &network_r->prefix)) &&
	    network_has_address(network_r, network_r->address);
}

/* A socket that serves both families sees IPv4 clients by their mapped
 * addresses, so those are compared as IPv4. */
bool
network_contains(const struct network *network, const char *address,
    bool *known_r)
{
	unsigned char octets[NETWORK_SIZE];
	int family;

	*known_r = network_parse_address(address, strcspn(address, "%"),
	    &family, octets);
	if (!*known_r)
		return false;
	if (network_is_mapped(family, octets)) {
		family = AF_INET;
		memmove(octets, octets + NETWORK_MAPPED_OFFSET, 4);
	}
	/* An IPv4's prefix ends within its 4 octets: those behind it don't
	 * count. */
	return family == network->family &&
	    network_has_address(network, octets);
}
