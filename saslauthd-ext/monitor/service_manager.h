/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The interface to a service manager, as systemd has it: the environment
 * variables of sd_notify(3) and sd_listen_fds(3). */

#ifndef VMAUTHZD_MONITOR_SERVICE_MANAGER_H
#define VMAUTHZD_MONITOR_SERVICE_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct service_manager {
	int fd;			/* -1: no service manager */
	struct sockaddr_un address;
	socklen_t length;
};

/* Reads NOTIFY_SOCKET, which may be cleared afterwards. */
void service_manager_open(struct service_manager *manager_r);
void service_manager_close(struct service_manager *manager);

/* Sends lines of VARIABLE=VALUE.  Never waits; errors are ignored, for the
 * service works without its manager. */
void service_manager_notify(const struct service_manager *manager,
    const char *lines);

/* A listening Unix socket that may be passed, found by its name. */
struct service_socket {
	const char *name;
	int type;		/* SOCK_STREAM, … */
	int fd;			/* -1: not passed */
};

/* Sets the fd of each wanted socket that LISTEN_FDS passes to this process, and
 * -1 for the others.  Returns false if there are more than 16 descriptors, or,
 * with a line on stderr, if one has no wanted name, two have the same name, or
 * one is no listening socket of its type. */
bool service_manager_sockets(struct service_socket *wanted, size_t count);

#endif
