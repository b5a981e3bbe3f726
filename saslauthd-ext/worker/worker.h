/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The process that serves: both sockets, the policy, the decisions. */

#ifndef VMAUTHZD_WORKER_WORKER_H
#define VMAUTHZD_WORKER_WORKER_H

#include "saslauthd-ext/monitor/monitor.h"

/* Serves until its monitor is gone or ends it; privileges are dropped already,
 * the filter is set in here.  Returns an exit status: EX_CONFIG, with a line
 * on stderr, if the configuration can't be used. */
int worker_run(const struct worker_settings *settings);

#endif
