/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/own_address.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "plugin/local/netlink.h"

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
	size_t size;
	const uint8_t *ip = tcp_end_ip(end, &size);
	size_t length = offsetof(struct own_address_request, ip) + size;
	struct own_address_request request = {
		.head = {
			.nlmsg_len = (uint32_t)length,
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.body = {
			.rtm_family = tcp_end_is_ipv4(end) ? AF_INET : AF_INET6,
			.rtm_dst_len = (unsigned char)(8 * size),
		},
		.attribute = {
			.rta_type = RTA_DST,
			.rta_len = (unsigned short)RTA_LENGTH(size),
		},
	};
	union netlink_answer answer;
	struct rtmsg route;

	memcpy(request.ip, ip, size);
	if (!netlink_query(NETLINK_ROUTE, &request, length, &answer, 1) ||
	    !netlink_read_payload(&answer, RTM_NEWROUTE, &route, sizeof(route)))
		return RTN_UNSPEC;
	return route.rtm_type;
}

/* Any other error, as one of a sandbox, proves nothing about the address. */
static bool
own_address_cannot_bind(const struct tcp_end *end)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = { .in6.sin6_scope_id = end->scope };
	bool ipv4 = tcp_end_is_ipv4(end), refused;
	size_t size;
	const uint8_t *ip = tcp_end_ip(end, &size);
	int fd;

	address.any.sa_family = ipv4 ? AF_INET : AF_INET6;
	memcpy(ipv4 ? (void *)&address.in.sin_addr :
	    (void *)&address.in6.sin6_addr, ip, size);
	fd = socket(address.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	refused = bind(fd, &address.any, ipv4 ? sizeof(address.in) :
	    sizeof(address.in6)) != 0 && errno == EADDRNOTAVAIL;
	close(fd);
	return refused;
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
