/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The process at the other end of a Unix socket, as the kernel names it. */

#ifndef VMAUTHZ_VM_PEER_H
#define VMAUTHZ_VM_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid;		/* that connected */
	uid_t uid;
	gid_t gid;
	int pidfd;		/* -1: none */
	uint64_t start;		/* of the process, clock ticks since boot:
				 * proc_pid_stat(5), field 22 */
};

/* Asks the kernel, right after accept(2): SO_PEERPIDFD, or where the kernel
 * (before 6.5) has none pidfd_open(2), then refusing a process that is younger
 * than the connection.  Returns 0, or ERROR_ACCESS if it can't be told who
 * that is, with *peer_r cleared. */
int peer_open(struct peer *peer_r, int socket);
void peer_close(struct peer *peer);

/* Whether the process that was found at peer_open() still lives, so that
 * /proc/PID is about it and nobody else. */
bool peer_alive(const struct peer *peer);

/* Whether a process that was known by these two lives. */
bool peer_process_lives(pid_t pid, uint64_t start);

#endif
