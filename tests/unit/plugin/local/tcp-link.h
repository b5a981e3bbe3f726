/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* TCP connections over loopback whose ends the tests of local_user look for.
 * What fails in here fails the test. */

#ifndef VMAUTHZ_TESTS_UNIT_PLUGIN_LOCAL_TCP_LINK_H
#define VMAUTHZ_TESTS_UNIT_PLUGIN_LOCAL_TCP_LINK_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "plugin/local/local_user.h"
#include "plugin/local/tcp_view.h"
#include "tests/unit/unit.h"

/* A listener, a connection to it, and both addresses as SASL has them. */
struct link {
	int listener;
	int server;
	int client;
	char local[128];
	char remote[128];
};

/* From what to what. */
struct route {
	const char *title;
	int listen_family;
	const char *listen;
	int connect_family;
	const char *from;	/* NULL: any */
	const char *to;
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

socklen_t set_address(union address *address, int family, const char *ip,
    uint16_t port);
uint16_t port_of(int fd);

/* IPv6 ones take IPv4, too. */
int listen_at(int family, const char *ip, uint16_t port);

/* -1 if that fails.  From any address if from is NULL. */
int connect_to(int family, const char *from, uint16_t from_port,
    const char *to, uint16_t port);

/* Accepts what is waiting, and writes down both addresses. */
void accept_link(struct link *link);

void open_link(struct link *link, const struct route *route);
void close_link(struct link *link);

/* What local_user_find() and tcp_view_scan() say.  After TCP_VIEW_SCAN_MS they
 * give up, as they may on a machine under load: those that took longer, and
 * found nothing, are called again. */
enum request_local find(const struct link *link);
bool scan(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client);

/* That it finds this account. */
bool finds(const struct link *link, uid_t uid, const char *name);

/* That it says unknown, with netlink and without. */
bool unknown_both_ways(const struct link *link);

/* socket(AF_NETLINK) fails from here on, as it does in a sandbox. */
bool refuse_netlink(void);

/* Waits for a child; its exit status, or 128. */
int status_of(pid_t pid);

#endif
