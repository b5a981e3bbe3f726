/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The worker is the process that serves both sockets, reads the policy, and
 * decides.  It has no privileges. */

#ifndef VMAUTHZD_WORKER_WORKER_H
#define VMAUTHZD_WORKER_WORKER_H

#include "saslauthd-ext/monitor/monitor.h"

/* Serves until SIGTERM or SIGINT, or until the monitor ends.  The caller has
 * dropped the privileges; the system call filter is installed here.  Returns an
 * exit status: EX_CONFIG, with a line on stderr, if the configuration or a
 * database can't be used. */
int worker_run(const struct worker_settings *settings);

#endif
