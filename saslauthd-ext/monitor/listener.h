/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The sockets "mux" and "broker", made in a folder or handed over by the
 * service manager. */

#ifndef VMAUTHZD_MONITOR_LISTENER_H
#define VMAUTHZD_MONITOR_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "saslauthd-ext/monitor/service_manager.h"

enum { LISTENER_MUX, LISTENER_BROKER, LISTENER_COUNT };

struct listeners {
	struct service_socket sockets[LISTENER_COUNT];
	bool made[LISTENER_COUNT];	/* here, so removed here */
	int folder, lock;		/* -1: none needed */
};

/* Gets both, making folder if it is missing; one that is there has to belong
 * to owner (root, but for tests).  Returns false, with a line on stderr, if
 * that can't be, is not safe, or another vmauthzd serves there.  The working
 * directory is the folder afterwards, if a socket was made. */
bool listeners_open(struct listeners *listeners_r, const char *folder,
    uid_t owner);
void listeners_close(struct listeners *listeners);

#endif
