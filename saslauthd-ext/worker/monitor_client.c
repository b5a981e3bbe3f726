/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/monitor_client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/monitor/monitor_message.h"

/* The descriptor that a message passes, or -1. */
static int
monitor_client_descriptor(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd;

	if (head == NULL || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/* Receives one packet.  *fd_r is the descriptor that it passes, or -1, also if
 * the packet is no answer.  Returns false with errno if there is no packet, or
 * with EPROTO if it is no answer. */
static bool
monitor_client_receive(int monitor, struct monitor_answer *answer_r, int *fd_r)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { answer_r, sizeof(*answer_r) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(monitor, &message,
	    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*fd_r = size >= 0 ? monitor_client_descriptor(&message) : -1;
	if (size >= 0)
		errno = EPROTO;
	return size == (ssize_t)sizeof(*answer_r) &&
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

static bool
monitor_client_wait(int monitor, int64_t until)
{
	struct pollfd poll_fd = { .fd = monitor, .events = POLLIN };
	int64_t now = clock_monotonic_ns();
	int ready;

	if (now >= until)
		return false;
	/* plus one: rounded down to 0 it would spin for a millisecond */
	ready = poll(&poll_fd, 1, (int)((until - now) / 1000000) + 1);
	return ready > 0 || (ready < 0 && errno == EINTR);
}

/* Makes a call, and returns the descriptor that its answer passes, or -1.  The
 * time is the call's serial number.  A late answer to an earlier call has
 * another one, and its descriptor is closed: this ends the helper at the other
 * end of it. */
static int
monitor_client_call(const struct daemon *daemon,
    struct monitor_request *request, struct monitor_answer *answer_r)
{
	const int monitor = daemon->monitor;
	int64_t start = clock_monotonic_ns();
	int64_t until = start + (int64_t)MONITOR_WAIT_MS * 1000000;
	int fd;

	memset(answer_r, 0, sizeof(*answer_r));
	request->serial = (uint64_t)start;
	if (send(monitor, request, sizeof(*request),
	    MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(*request))
		return -1;
	while (monitor_client_wait(monitor, until)) {
		bool received = monitor_client_receive(monitor, answer_r, &fd);
		bool ours = received && answer_r->serial == request->serial;

		if (ours && answer_r->error == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (ours || (!received && errno != EAGAIN && errno != EINTR))
			return -1;
	}
	return -1;
}

int
monitor_helper_start_cb(void *daemon, uint32_t *helper_r)
{
	struct monitor_request request = { .call = MONITOR_HELPER_START };
	struct monitor_answer answer;
	int fd = monitor_client_call(daemon, &request, &answer);

	*helper_r = fd >= 0 ? answer.helper : 0;
	return fd;
}

void
monitor_helper_stop_cb(void *daemon, uint32_t helper)
{
	struct monitor_request request = {
		.call = MONITOR_HELPER_STOP, .helper = helper,
	};
	struct monitor_answer answer;

	if (helper != 0)
		(void)monitor_client_call(daemon, &request, &answer);
}

int
monitor_open_status_cb(void *daemon, const char *name)
{
	struct monitor_request request = { .call = MONITOR_OPEN_STATUS };
	struct monitor_answer answer;
	size_t length = strlen(name);

	/* never cut: that could be another VM's name */
	if (length >= sizeof(request.name))
		return -1;
	memcpy(request.name, name, length);
	return monitor_client_call(daemon, &request, &answer);
}

void
monitor_ready(struct daemon *daemon)
{
	struct monitor_request request = { .call = MONITOR_READY };
	struct monitor_answer answer;

	(void)monitor_client_call(daemon, &request, &answer);
}
