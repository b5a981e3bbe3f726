/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/netlink.h"

#include <string.h>
#include <unistd.h>

/* Receives one datagram.  The sender is checked, because any process may send
 * to a netlink socket; port id 0 is the kernel's. */
static bool
netlink_receive(int fd, union netlink_answer *answer)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_length = sizeof(from);
	ssize_t length = recvfrom(fd, answer, sizeof(*answer), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &from_length);

	return length >= (ssize_t)sizeof(answer->head) &&
	    from_length == sizeof(from) && from.nl_pid == 0 &&
	    answer->head.nlmsg_len >= sizeof(answer->head) &&
	    answer->head.nlmsg_len <= (size_t)length;
}

bool
netlink_query(int protocol, const void *requests, size_t length,
    union netlink_answer *answers_r, size_t count)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	/* SOCK_RAW and SOCK_DGRAM are the same here, but AppArmor's profiles
	 * allow the first one. */
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    protocol);
	bool ok;

	if (fd < 0)
		return false;
	ok = sendto(fd, requests, length, MSG_DONTWAIT,
	    (const struct sockaddr *)&kernel, sizeof(kernel)) ==
	    (ssize_t)length;
	for (size_t i = 0; ok && i < count; i++)
		ok = netlink_receive(fd, &answers_r[i]);
	close(fd);
	return ok;
}

bool
netlink_read_payload(const union netlink_answer *answer, uint16_t type,
    void *out, size_t size)
{
	if (answer->head.nlmsg_type != type ||
	    answer->head.nlmsg_len - sizeof(answer->head) < size)
		return false;
	memcpy(out, answer->octets + NLMSG_HDRLEN, size);
	return true;
}
