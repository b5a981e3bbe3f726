/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The monitor's PAM helpers: which there are, and their end. */

#ifndef VMAUTHZD_MONITOR_PAM_HELPERS_H
#define VMAUTHZD_MONITOR_PAM_HELPERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "saslauthd-ext/monitor/monitor_message.h"

struct pam_helpers {
	struct {
		pid_t pid;		/* 0: free */
		uint32_t number;
	} slots[MONITOR_HELPERS_MAX];
	uint32_t last;			/* number given out */
};

/* Forks one.  Returns the worker's descriptor of it with *number_r (never 0)
 * set, or -1 with errno: EAGAIN if there are as many as may be. */
int pam_helpers_start(struct pam_helpers *helpers, uint32_t *number_r);

/* Kills one, or all.  They count until pam_helpers_gone(). */
void pam_helpers_stop(struct pam_helpers *helpers, uint32_t number);
void pam_helpers_stop_all(struct pam_helpers *helpers);

/* Whether a process is one. */
bool pam_helpers_has(const struct pam_helpers *helpers, pid_t pid);

/* A child has ended; returns whether it was a helper. */
bool pam_helpers_gone(struct pam_helpers *helpers, pid_t pid);

#endif
