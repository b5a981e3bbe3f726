/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/own_address.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "plugin/local/netlink.h"

enum { IPV4_AT = TCP_IP_LENGTH - sizeof(struct in_addr) };

struct request {
	struct nlmsghdr head;
	struct rtmsg body;
	struct rtattr attribute;
	uint8_t ip[TCP_IP_LENGTH];
};

/* RTN_LOCAL ..., or RTN_UNSPEC if the kernel doesn't say. */
static int
route_type(const struct tcp_end *end)
{
	bool ipv4 = tcp_end_is_ipv4(end);
	size_t from = ipv4 ? IPV4_AT : 0, size = sizeof(end->ip) - from;
	size_t length = offsetof(struct request, ip) + size;
	struct request request = {
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
	if (!netlink_ask(NETLINK_ROUTE, &request, length, &answer, 1) ||
	    !netlink_take(&answer, RTM_NEWROUTE, &route, sizeof(route)))
		return RTN_UNSPEC;
	return route.rtm_type;
}

static bool
bind_refused(int family, const struct sockaddr *address, socklen_t length)
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
cannot_be_bound(const struct tcp_end *end)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = end->scope,
	};

	if (tcp_end_is_ipv4(end)) {
		memcpy(&in.sin_addr, end->ip + IPV4_AT, sizeof(in.sin_addr));
		return bind_refused(AF_INET, (struct sockaddr *)&in,
		    sizeof(in));
	}
	memcpy(&in6.sin6_addr, end->ip, sizeof(in6.sin6_addr));
	return bind_refused(AF_INET6, (struct sockaddr *)&in6, sizeof(in6));
}

bool
address_is_foreign(const struct tcp_end *end)
{
	/* a link-local address alone has no route of its own */
	int type = end->scope != 0 ? RTN_UNSPEC : route_type(end);

	return type == RTN_UNICAST ||
	    (type == RTN_UNSPEC && cannot_be_bound(end));
}
