/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/own_address.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "plugin/local/netlink.h"

/* octets before the IPv4 in a mapped address */
enum { OWN_ADDRESS_IPV4_OFFSET = TCP_IP_LENGTH - sizeof(struct in_addr) };

struct own_address_request {
	struct nlmsghdr head;
	struct rtmsg body;
	struct rtattr attribute;
	uint8_t ip[TCP_IP_LENGTH];
};

/* The type of the route to an address (rtnetlink(7): RTN_LOCAL, RTN_UNICAST
 * and others); RTN_UNSPEC if the kernel doesn't answer. */
static int
own_address_route_type(const struct tcp_end *end)
{
	bool ipv4 = tcp_end_is_ipv4(end);
	size_t from = ipv4 ? OWN_ADDRESS_IPV4_OFFSET : 0;
	size_t size = sizeof(end->ip) - from;
	size_t length = offsetof(struct own_address_request, ip) + size;
	struct own_address_request request = {
		.head = {
			.nlmsg_len = (uint32_t)length,
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.body = {
			.rtm_family = ipv4 ? AF_INET : AF_INET6,
			.rtm_dst_len = (unsigned char)(8 * size),
		},
		.attribute = {
			.rta_type = RTA_DST,
			.rta_len = (unsigned short)RTA_LENGTH(size),
		},
	};
	union netlink_answer answer;
	struct rtmsg route;

	memcpy(request.ip, end->ip + from, size);
	if (!netlink_query(NETLINK_ROUTE, &request, length, &answer, 1) ||
	    !netlink_read_payload(&answer, RTM_NEWROUTE, &route, sizeof(route)))
		return RTN_UNSPEC;
	return route.rtm_type;
}

/* Any other error, as one of a sandbox, proves nothing about the address. */
static bool
own_address_bind_refused(int family, const struct sockaddr *address,
    socklen_t length)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return false;
	refused = bind(fd, address, length) != 0 && errno == EADDRNOTAVAIL;
	close(fd);
	return refused;
}

static bool
own_address_cannot_bind(const struct tcp_end *end)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = end->scope,
	};

	if (tcp_end_is_ipv4(end)) {
		memcpy(&in.sin_addr, end->ip + OWN_ADDRESS_IPV4_OFFSET,
		    sizeof(in.sin_addr));
		return own_address_bind_refused(AF_INET, (struct sockaddr *)&in,
		    sizeof(in));
	}
	memcpy(&in6.sin6_addr, end->ip, sizeof(in6.sin6_addr));
	return own_address_bind_refused(AF_INET6, (struct sockaddr *)&in6,
	    sizeof(in6));
}

/* The route comes first: with net.ipv4.ip_nonlocal_bind bind(2) accepts foreign
 * addresses, too. */
bool
address_is_foreign(const struct tcp_end *end)
{
	/* The route to a link-local address depends on its interface, which
	 * the request doesn't name. */
	int type = end->scope != 0 ? RTN_UNSPEC : own_address_route_type(end);

	return type == RTN_UNICAST ||
	    (type == RTN_UNSPEC && own_address_cannot_bind(end));
}
