/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the worker asks of its monitor: each call is one packet there and one
 * back, see monitor_message.h. */

#ifndef VMAUTHZD_WORKER_MONITOR_CLIENT_H
#define VMAUTHZD_WORKER_MONITOR_CLIENT_H

#include <stdint.h>

enum { MONITOR_WAIT_MS = 1000 };	/* that the worker waits for an answer */

/* A fresh PAM helper: a descriptor that takes struct pam_question and gives
 * struct pam_answer, and its number for monitor_helper_stop(); or -1. */
int monitor_helper_start(int monitor, uint32_t *helper_r);

/* Kills a helper (SIGKILL), which may be hanging. */
void monitor_helper_stop(int monitor, uint32_t helper);

/* Opens /run/libvirt/qemu/NAME.xml for reading; -1 if it can't be. */
int monitor_open_status(int monitor, const char *name);

/* The worker serves from now on. */
void monitor_ready(int monitor);

#endif
