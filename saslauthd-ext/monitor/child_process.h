/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Child processes of the monitor, which inherit only what they are passed. */

#ifndef VMAUTHZD_MONITOR_CHILD_PROCESS_H
#define VMAUTHZD_MONITOR_CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	CHILD_PROCESS_FIRST_FD = 3,	/* behind the standard descriptors */
	CHILD_PROCESS_FDS_MAX = 4,
};

/* Forks a child with that name, which prctl(2) cuts at 15 octets.  It has the
 * monitor's standard input, output and error, and fds, at most
 * CHILD_PROCESS_FDS_MAX, from CHILD_PROCESS_FIRST_FD on in that order; these
 * are closed on exec.  It has no other descriptor, the default action for every
 * signal, and a session of its own.  Returns 0 in the child, its process id in
 * the monitor, or -1. */
pid_t child_process_fork(const char *name, const int *fds, size_t count);

/* Lets the kernel kill the calling child when the monitor ends; ends it at once
 * if the monitor has ended.  Call it after the last change of identity, for
 * that clears the setting, prctl(2). */
void child_process_die_with_parent(pid_t monitor);

/* Kills a child, and the processes that it started in its own process group.
 * The child must not have been waited for, or the number may be another's. */
void child_process_kill(pid_t pid);

/* Kills every child of the calling process for which known_cb() is false. */
void child_process_kill_orphans(
    bool (*known_cb)(const void *context, pid_t pid), const void *context);

#endif
