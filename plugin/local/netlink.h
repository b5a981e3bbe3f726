/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Requests to the kernel by netlink(7) that it answers at once. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_NETLINK_H
#define VMAUTHZ_PLUGIN_LOCAL_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

union netlink_answer {
	struct nlmsghdr head;
	char octets[2048];
};

/* Sends length octets, which are count requests, and receives as many answers.
 * The kernel queues the answers within the call that sends, so nothing waits.
 * System calls: 3 and one for each answer.  Returns false if netlink can't be
 * used, or an answer is missing or not whole. */
bool netlink_query(int protocol, const void *requests, size_t length,
    union netlink_answer *answers_r, size_t count);

/* Copies the size octets behind the answer's header.  Returns false, with
 * nothing copied, if it is of another type or shorter. */
bool netlink_read_payload(const union netlink_answer *answer, uint16_t type,
    void *out, size_t size);

#endif
