/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
	TEXT_MAX = 64,		/* octets of an address or a network, with NUL */
	MAPPED_OFFSET = 12,	/* octets before the IPv4 in a mapped address */
};

static unsigned int
bits_of(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
parse_address(const char *text, int *family_r, unsigned char address_r[16])
{
	memset(address_r, 0, 16);
	*family_r = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	return inet_pton(*family_r, text, address_r) == 1;
}

/* A number without a sign, a leading zero or anything behind it. */
static bool
parse_prefix(const char *text, unsigned int max, unsigned int *prefix_r)
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

/* The bits of octet i that a prefix covers. */
static unsigned char
mask_of(unsigned int prefix, unsigned int i)
{
	if (prefix >= 8 * (i + 1))
		return 0xff;
	if (prefix <= 8 * i)
		return 0;
	return (unsigned char)(0xff << (8 * (i + 1) - prefix));
}

static bool
is_mapped(int family, const unsigned char address[16])
{
	return family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(
	    (const struct in6_addr *)(const void *)address);
}

bool
network_parse(struct network *network_r, const char *text)
{
	char address[TEXT_MAX];
	size_t length = strcspn(text, "/");
	unsigned int bits;

	memset(network_r, 0, sizeof(*network_r));
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!parse_address(address, &network_r->family, network_r->address) ||
	    is_mapped(network_r->family, network_r->address))
		return false;
	bits = bits_of(network_r->family);
	network_r->prefix = bits;
	if (text[length] == '/' &&
	    !parse_prefix(text + length + 1, bits, &network_r->prefix))
		return false;
	for (unsigned int i = 0; i < bits / 8; i++) {
		if ((network_r->address[i] &
		    (0xff ^ mask_of(network_r->prefix, i))) != 0)
			return false;
	}
	return true;
}

bool
network_contains(const struct network *network, const char *address,
    bool *known_r)
{
	unsigned char octets[16];
	char text[TEXT_MAX];
	size_t length = strcspn(address, "%");
	int family;

	*known_r = false;
	if (length >= sizeof(text))
		return false;
	memcpy(text, address, length);
	text[length] = '\0';
	if (!parse_address(text, &family, octets))
		return false;
	*known_r = true;
	if (is_mapped(family, octets)) {
		family = AF_INET;
		memmove(octets, octets + MAPPED_OFFSET, 4);
	}
	if (family != network->family)
		return false;
	for (unsigned int i = 0; i < bits_of(family) / 8; i++) {
		if (((octets[i] ^ network->address[i]) &
		    mask_of(network->prefix, i)) != 0)
			return false;
	}
	return true;
}
