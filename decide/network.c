/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
	NETWORK_TEXT_MAX = 64,		/* octets of an address, with NUL */
	NETWORK_MAPPED_OFFSET = 12,	/* octets before the IPv4 in a mapped
					 * address */
};

static unsigned int
network_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
network_parse_address(const char *text, int *family_r,
    unsigned char address_r[16])
{
	memset(address_r, 0, 16);
	*family_r = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(*family_r, text, address_r) == 1;
}

/* A number without a sign, a leading zero or trailing text.  strtoul(3) would
 * accept the first two. */
static bool
network_parse_prefix(const char *text, unsigned int max, unsigned int *prefix_r)
{
	size_t length = strspn(text, "0123456789");
	unsigned int value = 0;

	if (length == 0 || length > 3 || text[length] != '\0' ||
	    (text[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++)
		value = value * 10 + (unsigned int)(text[i] - '0');
	*prefix_r = value;
	return value <= max;
}

/* The bits of octet i that a prefix of that many bits covers. */
static unsigned char
network_mask(unsigned int prefix, unsigned int i)
{
	if (prefix >= 8 * (i + 1))
		return 0xff;
	if (prefix <= 8 * i)
		return 0;
	return (unsigned char)(0xff << (8 * (i + 1) - prefix));
}

static bool
network_is_mapped(int family, const unsigned char address[16])
{
	return family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(
	    (const struct in6_addr *)(const void *)address);
}

bool
network_parse(struct network *network_r, const char *text)
{
	char address[NETWORK_TEXT_MAX];
	size_t length = strcspn(text, "/");
	unsigned int bits;

	memset(network_r, 0, sizeof(*network_r));
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!network_parse_address(address, &network_r->family,
	    network_r->address) || network_is_mapped(network_r->family,
	    network_r->address))
		return false;
	bits = network_bits(network_r->family);
	network_r->prefix = bits;
	if (text[length] == '/' &&
	    !network_parse_prefix(text + length + 1, bits, &network_r->prefix))
		return false;
	for (unsigned int i = 0; i < bits / 8; i++) {
		if ((network_r->address[i] &
		    (0xff ^ network_mask(network_r->prefix, i))) != 0)
			return false;
	}
	return true;
}

/* A socket that serves both families sees IPv4 clients by their mapped
 * addresses, so those are compared as IPv4. */
bool
network_contains(const struct network *network, const char *address,
    bool *known_r)
{
	unsigned char octets[16];
	char text[NETWORK_TEXT_MAX];
	size_t length = strcspn(address, "%");
	int family;

	*known_r = false;
	if (length >= sizeof(text))
		return false;
	memcpy(text, address, length);
	text[length] = '\0';
	if (!network_parse_address(text, &family, octets))
		return false;
	*known_r = true;
	if (network_is_mapped(family, octets)) {
		family = AF_INET;
		memmove(octets, octets + NETWORK_MAPPED_OFFSET, 4);
	}
	if (family != network->family)
		return false;
	for (unsigned int i = 0; i < network_bits(family) / 8; i++) {
		if (((octets[i] ^ network->address[i]) &
		    network_mask(network->prefix, i)) != 0)
			return false;
	}
	return true;
}
