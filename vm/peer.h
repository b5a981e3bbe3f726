/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The process at the other end of a Unix socket, as the kernel reports it. */

#ifndef VMAUTHZ_VM_PEER_H
#define VMAUTHZ_VM_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid;		/* of the process that connected */
	uid_t uid;
	gid_t gid;
	int pidfd;		/* -1: none */
	uint64_t start;		/* of the process, clock ticks since boot:
				 * proc_pid_stat(5), field 22 */
};

/* Identifies the process that connected to socket.  Call it right after
 * accept(2).  Uses SO_PEERPIDFD, or pidfd_open(2) where the kernel (before 6.5)
 * has no such option.  Returns 0, or ERROR_ACCESS with *peer_r cleared if the
 * process is unknown, has ended, or started after this call: then its number
 * was reused. */
int peer_open(struct peer *peer_r, int socket);
void peer_close(struct peer *peer);

/* Whether the process that peer_open() found still lives.  If it does, what was
 * read from /proc/PID before is about this process and no other. */
bool peer_alive(const struct peer *peer);

/* Whether the process with this id and this start, as in struct peer, lives.
 * Both together identify a process until the next boot. */
bool peer_process_lives(pid_t pid, uint64_t start);

#endif
