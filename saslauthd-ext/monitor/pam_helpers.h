/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The PAM helpers that the monitor has started. */

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
	uint32_t last;			/* the last helper's number; 0: none */
};

/* Starts a helper.  Returns a descriptor that is connected to it, which the
 * caller passes to the worker and closes, with *number_r (never 0) set; or -1
 * with errno, EAGAIN if there are MONITOR_HELPERS_MAX already. */
int pam_helpers_start(struct pam_helpers *helpers, uint32_t *number_r);

/* Kills the helper with that number, or all.  A number that no helper has is
 * ignored.  Killed ones use a slot until pam_helpers_gone(). */
void pam_helpers_stop(struct pam_helpers *helpers, uint32_t number);
void pam_helpers_stop_all(struct pam_helpers *helpers);

/* Whether the process is a helper. */
bool pam_helpers_has(const struct pam_helpers *helpers, pid_t pid);

/* Frees the slot of a child that has ended.  Returns false if it was none. */
bool pam_helpers_gone(struct pam_helpers *helpers, pid_t pid);

#endif
