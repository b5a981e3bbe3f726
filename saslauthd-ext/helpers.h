/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The monitor's PAM helpers: which there are, and their end. */

#ifndef VMAUTHZD_HELPERS_H
#define VMAUTHZD_HELPERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "saslauthd-ext/monitor.h"

struct helpers {
	struct {
		pid_t pid;		/* 0: free */
		uint32_t number;
	} slots[MONITOR_HELPERS_MAX];
	uint32_t last;			/* number given out */
};

/* Forks one.  Returns the worker's descriptor of it with *number_r (never 0)
 * set, or -1 with errno: EAGAIN if there are as many as may be. */
int helpers_start(struct helpers *helpers, uint32_t *number_r);

/* Kills one, or all.  They count until helpers_gone(). */
void helpers_stop(struct helpers *helpers, uint32_t number);
void helpers_stop_all(struct helpers *helpers);

/* Whether a process is one. */
bool helpers_has(const struct helpers *helpers, pid_t pid);

/* A child has ended; returns whether it was a helper. */
bool helpers_gone(struct helpers *helpers, pid_t pid);

#endif
