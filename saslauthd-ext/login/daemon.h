/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the parts of the worker share.  There is one thread that uses it. */

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

/* The process that asks, and the VM that it is. */
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
	struct recent_password *wrong;	/* that were counted as wrong */
	struct pam_pool *pool;
	struct verifier_check *verify;
	struct log_sink log;
	int64_t version_logged;		/* uptime of the last line about a
					 * plugin of another version */
	struct service *mux, *broker;
	struct password_check *checks;	/* that are under way */
	int monitor;			/* see monitor.h */
	/* libvirt's status file of a VM; see machine.h */
	int (*open_status)(void *daemon, const char *name);
};

/* One line to the system's log; what comes from outside in it is to be
 * escaped before. */
void daemon_log(struct daemon *daemon, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
