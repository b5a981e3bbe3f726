/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* TCP sockets as text: the addresses that Cyrus SASL passes to plugins, and
 * the lines of /proc/net/tcp and tcp6.  Only the name of an interface needs the
 * kernel. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_TCP_SOCKET_H
#define VMAUTHZ_PLUGIN_LOCAL_TCP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TCP_IP_LENGTH = 16 };

struct tcp_end {
	uint8_t ip[TCP_IP_LENGTH];	/* IPv4 is ::ffff:a.b.c.d */
	uint16_t port;			/* host order */
	uint32_t scope;			/* interface of a scope id, or 0 */
};

struct tcp_socket {
	struct tcp_end here;
	struct tcp_end there;
	uint8_t state;			/* TCP_ESTABLISHED ... */
	uid_t uid;			/* only right if inode is */
	uint64_t inode;			/* 0: no process holds it */
};

/* Reads "address;port" as libsasl2 writes it: numbers only, and the interface
 * of a scope id by name or number.  Returns false for anything else, for port
 * 0 and for an unspecified address (0.0.0.0, ::). */
bool tcp_end_parse(struct tcp_end *end_r, const char *text);

bool tcp_end_is_ipv4(const struct tcp_end *end);

/* The address alone, in network order: 4 octets of IPv4, which the struct
 * holds as a mapped address, or 16. */
const uint8_t *tcp_end_ip(const struct tcp_end *end, size_t *size_r);
void tcp_end_set_ip(struct tcp_end *end, const void *ip, size_t size);

/* Whether address and port are the same; scopes are not compared. */
bool tcp_end_equal(const struct tcp_end *a, const struct tcp_end *b);

/* Reads one line of /proc/net/tcp or tcp6 (proc_net_tcp(5)), length octets
 * long and not the heading.  Returns false if it is malformed or not whole. */
bool tcp_socket_parse_line(struct tcp_socket *socket_r, const char *line,
    size_t length);

#endif
