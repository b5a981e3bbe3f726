/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The worker's calls to its monitor; see monitor_message.h.  monitor is the
 * worker's end of the socket.  Each call waits for its answer, at most
 * MONITOR_WAIT_MS, and blocks the event loop meanwhile. */

#ifndef VMAUTHZD_WORKER_MONITOR_CLIENT_H
#define VMAUTHZD_WORKER_MONITOR_CLIENT_H

#include <stdint.h>

enum { MONITOR_WAIT_MS = 1000 };	/* then the call fails */

/* Starts a PAM helper.  Returns the descriptor to write struct pam_question to
 * and read struct pam_answer from, which the caller closes, and sets the number
 * for monitor_helper_stop(); or returns -1. */
int monitor_helper_start(int monitor, uint32_t *helper_r);

/* Kills a helper with SIGKILL, for it may hang in a PAM module.  0: does
 * nothing. */
void monitor_helper_stop(int monitor, uint32_t helper);

/* Opens /run/libvirt/qemu/NAME.xml for reading.  Returns a descriptor that the
 * caller closes, or -1. */
int monitor_open_status(int monitor, const char *name);

/* Reports that the worker serves: the monitor reports READY=1 then, and passes
 * SIGHUP on. */
void monitor_ready(int monitor);

#endif
