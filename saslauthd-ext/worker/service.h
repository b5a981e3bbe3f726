/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The common part of both sockets: accepts connections, identifies their peers,
 * and closes those that may not connect. */

#ifndef VMAUTHZD_WORKER_SERVICE_H
#define VMAUTHZD_WORKER_SERVICE_H

#include "saslauthd-ext/login/daemon.h"

enum {
	SERVICE_CONNECTIONS_MAX = 4096,	/* of a socket */
	SERVICE_NO_VM_MAX = 32,		/* of them, without a known VM */
};

/* A connection.  The struct of each kind of socket begins with it. */
struct connection {
	struct service *service;
	struct connection *next;
	struct event *event;		/* of fd, readable */
	int fd;				/* -1: closed */
	struct asker asker;
	bool user;			/* may make requests as a VM */
	bool operator;			/* may issue tickets */
	unsigned int pending;		/* see connection_hold() */
};

/* A kind of socket. */
struct service_kind {
	const char *name;		/* "mux", "broker" */
	size_t size;			/* of its connection's struct, octets */
	size_t per_vm;			/* most connections of one VM */
	unsigned int timeout;		/* seconds without data; 0: none */
	/* Data can be read, or the other end has closed. */
	void (*readable)(struct connection *connection);
	/* The timeout has passed; NULL without one. */
	void (*late)(struct connection *connection);
};

/* Serves a listening socket from the daemon's event loop.  service_close() does
 * not close the socket.  Returns 0 or ERROR_MEMORY. */
int service_open(struct service **service_r, struct daemon *daemon,
    const struct service_kind *kind, int socket);
void service_close(struct service **service);

/* Applies daemon->config after it was read again: closes the connections of
 * accounts that may not connect any more. */
void service_configure(struct service *service);

struct daemon *connection_daemon(const struct connection *connection);

/* Closes the descriptor, and sets fd to -1.  Wipes and frees the memory, unless
 * it is held: then the last connection_release() does. */
void connection_close(struct connection *connection);

/* A hold retains the memory for an answer that comes later.  Each needs one
 * release, which returns false if the connection was closed meanwhile: then the
 * last release has freed the memory. */
void connection_hold(struct connection *connection);
bool connection_release(struct connection *connection);

#endif
