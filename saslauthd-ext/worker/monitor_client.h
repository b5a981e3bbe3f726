/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The worker's calls to its monitor; see monitor_message.h.  Each waits for its
 * answer, at most MONITOR_WAIT_MS, and blocks the event loop meanwhile.  The
 * context of those that are callbacks is the struct daemon. */

#ifndef VMAUTHZD_WORKER_MONITOR_CLIENT_H
#define VMAUTHZD_WORKER_MONITOR_CLIENT_H

#include <stdint.h>

struct daemon;

enum { MONITOR_WAIT_MS = 1000 };	/* then the call fails */

/* Starts a PAM helper.  Returns the descriptor to write struct pam_question to
 * and read struct pam_answer from, which the caller closes, and sets the number
 * for monitor_helper_stop_cb(); or returns -1. */
int monitor_helper_start_cb(void *daemon, uint32_t *helper_r);

/* Kills a helper with SIGKILL, for it may hang in a PAM module.  0: does
 * nothing. */
void monitor_helper_stop_cb(void *daemon, uint32_t helper);

/* Opens /run/libvirt/qemu/NAME.xml for reading.  Returns a descriptor that the
 * caller closes, or -1. */
int monitor_open_status_cb(void *daemon, const char *name);

/* Reports that the worker serves: the monitor reports READY=1 then, and passes
 * SIGHUP on. */
void monitor_ready(struct daemon *daemon);

#endif
