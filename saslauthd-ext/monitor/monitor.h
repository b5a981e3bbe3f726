/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The process that stays root: it starts the worker and PAM helpers, ends and
 * replaces them, and opens libvirt's status files.  It reads no file and
 * knows no request but the fixed ones below. */

#ifndef VMAUTHZD_MONITOR_MONITOR_H
#define VMAUTHZD_MONITOR_MONITOR_H

#include <stdint.h>
#include <sys/types.h>

/* What the worker is started with. */
struct worker_settings {
	int monitor;		/* SOCK_SEQPACKET to the monitor */
	int mux, broker;
	const char *config;
};

struct monitor_settings {
	/* serves as the worker, without privileges; returns an exit status */
	int (*worker)(const struct worker_settings *settings);
	uid_t uid;		/* of the worker */
	gid_t gid;
	int mux, broker;	/* listening sockets */
	const char *config;	/* path, for the worker */
	const char *libvirt_folder;	/* of the status files; NULL: libvirt's
					 * own, /run/libvirt/qemu */
};

/* Runs until a signal (TERM, INT) ends it; HUP goes to the worker.  Returns an
 * exit status of sysexits(3): EX_CONFIG if the worker never got ready. */
int monitor_run(const struct monitor_settings *settings);

#endif
