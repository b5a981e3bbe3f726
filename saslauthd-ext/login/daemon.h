/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the parts of the worker share.  The thread of the event loop owns it; no
 * other thread uses it, so it needs no lock. */

#ifndef VMAUTHZD_LOGIN_DAEMON_H
#define VMAUTHZD_LOGIN_DAEMON_H

#include <event2/event.h>
#include <stdint.h>

#include "log/decision_writer.h"
#include "policy/policy.h"
#include "saslauthd-ext/store/audit.h"
#include "saslauthd-ext/config/config.h"
#include "vm/machine.h"
#include "vm/peer.h"
#include "saslauthd-ext/pam/pam_pool.h"
#include "saslauthd-ext/login/recent_password.h"
#include "saslauthd-ext/store/state.h"
#include "saslauthd-ext/login/verifier_check.h"

/* The process at the other end of a connection, and the VM that it runs.  Both
 * come from the kernel and from libvirt's files, none from a message. */
struct asker {
	struct peer peer;
	struct machine machine;
	const char *socket;	/* "mux" or "broker" */
};

struct password_check;
struct service;

struct daemon {
	struct event_base *base;
	struct config *config;
	struct policy *policy;
	struct audit *audit;
	struct state state;
	struct recent_password *right;	/* passwords that PAM has accepted */
	struct recent_password *wrong;	/* wrong ones that were counted */
	struct pam_pool *pool;
	struct verifier_check *verify;
	struct log_sink log;
	int64_t version_logged;		/* clock_boot_seconds() of the last
					 * line about a plugin of another
					 * version */
	struct service *mux, *broker;
	struct password_check *checks;	/* in progress; password_check.c */
	int monitor;			/* see monitor.h */
	/* opens libvirt's status file of a VM, through the monitor, for the
	 * worker may not; see machine.h */
	int (*open_status)(void *daemon, const char *name);
};

/* Sends one line to the system's log, cut at LOG_LINE_MAX octets.  The caller
 * escapes what comes from outside. */
void daemon_log(struct daemon *daemon, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
