/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The sockets at both ends of a TCP connection, as the kernel reports them in
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
	struct tcp_end end;		/* that is looked for */
	unsigned int count;		/* how many sockets there are, */
	struct tcp_socket socket;	/* and the last of them */
};

struct tcp_view {
	struct tcp_sight server;
	struct tcp_sight client;
};

/* Requests these two sockets, and no other, by NETLINK_SOCK_DIAG
 * (sock_diag(7)).  Five system calls, none of which waits.  Returns false if
 * netlink can't be used, or an answer is malformed.  Where the kernel has no
 * inet_diag no socket is found. */
bool tcp_view_query(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client);

/* Searches /proc/net/tcp and tcp6 for them, on hosts where SELinux gives QEMU
 * no netlink socket of that kind: svirt_t may not use netlink_tcpdiag_socket.
 * One system call for each 4096 octets (27 sockets or fewer) and four more a
 * file.  Returns false if the files can't be read to their ends within the
 * limits above, which bound the time that QEMU's main loop stands still. */
bool tcp_view_scan(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client);

#endif
