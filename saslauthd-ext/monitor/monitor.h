/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The monitor is the process that stays root.  It starts, ends and replaces the
 * worker and the PAM helpers, and opens libvirt's status files.  It reads no
 * file, and serves only the calls of monitor_message.h. */

#ifndef VMAUTHZD_MONITOR_MONITOR_H
#define VMAUTHZD_MONITOR_MONITOR_H

#include <stdint.h>
#include <sys/types.h>

/* What the worker starts with. */
struct worker_settings {
	int monitor;		/* SOCK_SEQPACKET to the monitor */
	int mux, broker;	/* listening sockets */
	const char *config;
};

struct monitor_settings {
	/* Runs in the worker, without privileges.  Returns an exit status. */
	int (*worker)(const struct worker_settings *settings);
	uid_t uid;		/* of the worker */
	gid_t gid;
	int mux, broker;	/* listening sockets */
	const char *config;	/* path, for the worker */
	const char *libvirt_folder;	/* of the status files; NULL: libvirt's
					 * own, /run/libvirt/qemu */
};

/* Runs until SIGTERM or SIGINT; passes SIGHUP to the worker.  Returns an exit
 * status of sysexits.h: EX_CONFIG if a worker ended with it before any
 * was ready, for a restart would not mend the configuration. */
int monitor_run(const struct monitor_settings *settings);

#endif
