/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The process that stays root: it starts the worker and PAM helpers, ends and
 * replaces them, and opens libvirt's status files.  It reads no file and
 * knows no request but the fixed ones below. */

#ifndef VMAUTHZD_MONITOR_MONITOR_H
#define VMAUTHZD_MONITOR_MONITOR_H

#include <stdint.h>
#include <sys/types.h>

#include "decide/request.h"

enum {
	MONITOR_HELPERS_MAX = 64,
	MONITOR_WAIT_MS = 1000,	/* that the worker waits for an answer */
};

struct monitor_settings {
	uid_t uid;		/* of the worker */
	gid_t gid;
	int mux, broker;	/* listening sockets */
	const char *config;	/* path, for the worker */
	const char *libvirt_folder;	/* of the status files; NULL: libvirt's
					 * own, /run/libvirt/qemu */
};

/* What the worker is started with. */
struct worker_settings {
	int monitor;		/* SOCK_SEQPACKET to the monitor */
	int mux, broker;
	const char *config;
};

/* Runs until a signal (TERM, INT) ends it; HUP goes to the worker.  Returns an
 * exit status of sysexits(3): EX_CONFIG if the worker never got ready. */
int monitor_run(const struct monitor_settings *settings);

/* --- the worker's side: each call one packet there, one back --------------- */

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
