/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The listening sockets "mux" and "broker": created in a folder, or passed by
 * the service manager. */

#ifndef VMAUTHZD_MONITOR_LISTENER_H
#define VMAUTHZD_MONITOR_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "saslauthd-ext/monitor/service_manager.h"

enum { LISTENER_MUX, LISTENER_BROKER, LISTENER_COUNT };

struct listeners {
	struct service_socket sockets[LISTENER_COUNT];
	bool created[LISTENER_COUNT];	/* here, so removed at the close */
	int folder, lock;		/* descriptors; -1: all were passed */
};

/* Opens both sockets.  Creates folder if it is missing; an existing one has to
 * belong to owner (0, except in tests), and no other account may write there.
 * Returns false, with a line on stderr and nothing open, if a socket can't be
 * had, the folder is not safe, or another vmauthzd serves there.  If a socket
 * was created, the working directory is the folder afterwards. */
bool listeners_open(struct listeners *listeners_r, const char *folder,
    uid_t owner);
void listeners_close(struct listeners *listeners);

#endif
