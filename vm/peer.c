/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file_read.h"

#ifndef SO_PEERPIDFD
/* Linux 6.5, include/uapi/asm-generic/socket.h; older headers lack it */
#define SO_PEERPIDFD 77
#endif

/* The process's start in clock ticks since boot, or 0 if it can't be read.  The
 * process chooses its command's name, which may hold blanks and parentheses:
 * the fields are counted from the last parenthesis on. */
static uint64_t
peer_read_start(pid_t pid)
{
	enum {
		PEER_FIELDS_BEFORE = 20, /* of the start, behind the name */
		PEER_STAT_MAX = 4095,	/* octets; 52 fields have less */
	};
	char path[32], *text, *at, *end;
	unsigned long long start = 0;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	text = file_read_path(path, PEER_STAT_MAX, &size);
	at = text != NULL ? strrchr(text, ')') : NULL;
	for (int i = 0; at != NULL && i < PEER_FIELDS_BEFORE; i++)
		at = strchr(at + 1, ' ');
	if (at != NULL) {
		errno = 0;
		start = strtoull(at + 1, &end, 10);
		if (errno != 0 || *end != ' ')
			start = 0;
	}
	free(text);
	return start;
}

/* The time since boot, in the unit of peer_read_start(), rounded down.  Seconds
 * and nanoseconds are multiplied apart: the product of all nanoseconds would
 * overflow after some years. */
static uint64_t
peer_ticks_since_boot(void)
{
	enum { PEER_NS = 1000000000 };	/* in a second */
	uint64_t rate = (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t now = (uint64_t)clock_boot_ns();

	return now / PEER_NS * rate + now % PEER_NS * rate / PEER_NS;
}

int
peer_open(struct peer *peer_r, int socket)
{
	/* before the credentials are read: see the comparison below */
	uint64_t now = peer_ticks_since_boot();
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);
	int pidfd = -1;

	*peer_r = (struct peer){ .pidfd = -1 };
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 ||
	    size != sizeof(who) || who.pid <= 0)
		return ERROR_ACCESS;
	size = sizeof(pidfd);
	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0)
		pidfd = errno == ENOPROTOOPT ?
		    (int)syscall(SYS_pidfd_open, who.pid, 0) : -1;
	if (pidfd < 0)
		return ERROR_ACCESS;
	*peer_r = (struct peer){
		.pid = who.pid,
		.uid = who.uid,
		.gid = who.gid,
		.pidfd = pidfd,
		.start = peer_read_start(who.pid),
	};
	/* The peer connected before this call, so it started before.  A process
	 * that started later has the reused number of one that ended. */
	if (peer_r->start != 0 && peer_r->start <= now && peer_alive(peer_r))
		return ERROR_NONE;
	peer_close(peer_r);
	return ERROR_ACCESS;
}

void
peer_close(struct peer *peer)
{
	if (peer->pidfd >= 0)
		close(peer->pidfd);
	*peer = (struct peer){ .pidfd = -1 };
}

/* A pidfd becomes readable when its process ends, pidfd_open(2). */
bool
peer_alive(const struct peer *peer)
{
	struct pollfd ended = { .fd = peer->pidfd, .events = POLLIN };

	return peer->pidfd >= 0 && poll(&ended, 1, 0) == 0;
}

bool
peer_process_lives(pid_t pid, uint64_t start)
{
	return start != 0 && peer_read_start(pid) == start;
}
