/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A process of the monitor's own that inherits nothing it isn't given. */

#ifndef VMAUTHZD_MONITOR_CHILD_PROCESS_H
#define VMAUTHZD_MONITOR_CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	CHILD_FIRST_FD = 3,	/* where its descriptors begin */
	CHILD_FDS_MAX = 4,
};

/* Forks.  The child has standard input, output and error as the monitor has
 * them and fds, in that order, from CHILD_FIRST_FD on, closed in programs it
 * starts; no other descriptor; every signal as it is by default; a session of
 * its own; the name given.  Returns 0 in the child, its process id in the
 * monitor, or -1. */
pid_t child_process_fork(const char *name, const int *fds, size_t count);

/* In the child, after its last change of identity, which would undo it: it
 * dies when the monitor does, or at once if that is gone. */
void child_process_follow(pid_t monitor);

/* Kills a child that is not yet waited for, and those that it started in its
 * session's group. */
void child_process_kill(pid_t pid);

/* From now on whoever loses its parent, which was a child of ours, becomes our
 * own child: a program that a PAM module started, and that made a session for
 * itself.  Returns 0 or -1. */
int child_process_adopt(void);

/* Kills every child of ours that known() doesn't know. */
void child_process_kill_strays(bool (*known)(const void *context, pid_t pid),
    const void *context);

#endif
