/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What both sockets have in common: connections are accepted, their peers
 * identified, and those who may not be there sent away. */

#ifndef VMAUTHZD_WORKER_SERVICE_H
#define VMAUTHZD_WORKER_SERVICE_H

#include "saslauthd-ext/login/daemon.h"

enum {
	SERVICE_CONNECTIONS_MAX = 4096,	/* of a socket */
	SERVICE_STRANGERS_MAX = 32,	/* of them, that are no VM's */
};

/* One connection; a kind's own begins with it. */
struct connection {
	struct service *service;
	struct connection *next;
	struct event *event;		/* of fd, readable */
	int fd;				/* -1: closed */
	struct asker asker;
	bool user;			/* may ask as a VM */
	bool operator;			/* may issue tickets */
	unsigned int pending;		/* answers that are still to come */
};

/* A kind of socket. */
struct service_kind {
	const char *name;		/* "mux", "broker" */
	size_t size;			/* octets of a connection of it */
	size_t per_vm;			/* connections of one VM */
	unsigned int patience;		/* seconds for a request; 0: any */
	/* There is something to read, or the other end is gone. */
	void (*readable)(struct connection *connection);
	/* The request did not come in time. */
	void (*late)(struct connection *connection);
};

/* Serves a listening socket, which stays open when the service ends.  Returns
 * 0 or ERROR_MEMORY. */
int service_open(struct service **service_r, struct daemon *daemon,
    const struct service_kind *kind, int socket);
void service_close(struct service **service);

/* The configuration is another one: whoever may not be there now is sent
 * away. */
void service_configure(struct service *service);

struct daemon *connection_daemon(const struct connection *connection);

/* Nothing more is read from it, or written to it; its memory goes when no
 * answer is pending any more. */
void connection_close(struct connection *connection);

/* An answer comes later, and has come: false, and the memory gone, if the
 * connection was closed meanwhile. */
void connection_hold(struct connection *connection);
bool connection_release(struct connection *connection);

#endif
