/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What a service manager and a service tell each other: sd_notify(3) and
 * sd_listen_fds(3), by their documented environment variables. */

#ifndef VMAUTHZD_MONITOR_SERVICE_MANAGER_H
#define VMAUTHZD_MONITOR_SERVICE_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct service_manager {
	int fd;			/* -1: there is none */
	struct sockaddr_un address;
	socklen_t length;
};

/* Remembers NOTIFY_SOCKET. */
void service_manager_open(struct service_manager *manager_r);
void service_manager_close(struct service_manager *manager);

/* Sends lines of VARIABLE=VALUE; never waits, and nobody learns if they are
 * lost. */
void service_manager_tell(const struct service_manager *manager,
    const char *lines);

/* A listening Unix socket that may be handed over, found by its name. */
struct service_socket {
	const char *name;
	int type;		/* SOCK_STREAM, … */
	int fd;			/* -1: not handed over */
};

/* Fills in what LISTEN_FDS hands to this process.  Returns false, with a line
 * on stderr, if that is malformed, or something is among it that isn't wanted,
 * or not of its type. */
bool service_manager_sockets(struct service_socket *wanted, size_t count);

#endif
