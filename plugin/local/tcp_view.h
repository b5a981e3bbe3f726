/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the kernel has of the sockets at both ends of a TCP connection, in
 * the network namespace of this process. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_TCP_VIEW_H
#define VMAUTHZ_PLUGIN_LOCAL_TCP_VIEW_H

#include <stdbool.h>

#include "plugin/local/tcp_socket.h"

enum {
	TCP_VIEW_SCAN_LINES = 32768,	/* sockets in one file */
	TCP_VIEW_SCAN_MS = 50,
};

struct tcp_sight {
	unsigned int count;		/* how many sockets there are, */
	struct tcp_socket socket;	/* and the last of them */
};

struct tcp_view {
	struct tcp_sight server;
	struct tcp_sight client;
};

/* Asks for these two sockets by NETLINK_SOCK_DIAG, and for no other.  Five
 * system calls, none of which waits.  False if it can't be asked so, or answers with
 * what isn't understood.  Where inet_diag is missing no socket is found. */
bool tcp_view_ask(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client);

/* Looks for them in /proc/net/tcp and tcp6.  One system call for each 4096
 * octets (27 sockets or fewer) and four more a file.  False if they can't be
 * read to their ends within the limits above. */
bool tcp_view_scan(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client);

#endif
