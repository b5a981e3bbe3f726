/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/monitor_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file_check.h"
#include "saslauthd-ext/monitor/monitor_message.h"

/* --- libvirt's status files ----------------------------------------------- */

/* The worker is not trusted: no name may lead out of libvirt's folder. */
static bool
calls_is_file_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Opens a file or folder that root owns and only root may write.  Returns a
 * descriptor, or -1 with errno. */
static int
calls_open_trusted(int folder, const char *path, int flags, mode_t type)
{
	const struct file_rule rule = {
		.type = type,
		.owner = 0,
		.denied = S_IWGRP | S_IWOTH,
	};
	enum file_verdict verdict;
	struct stat st;
	int fd = file_open(folder, path, flags | O_NOFOLLOW, &rule, &st,
	    &verdict);

	if (fd < 0 && verdict != FILE_UNSEEN)
		errno = EPERM;
	return fd;
}

static int
calls_open_status(struct monitor_calls *calls,
    const struct monitor_request *request,
    struct monitor_answer *answer)
{
	char file[REQUEST_VM_NAME_MAX + sizeof(".xml")];
	int folder, fd, error;

	(void)answer;
	if (!calls_is_file_name(request->name)) {
		errno = EINVAL;
		return -1;
	}
	folder = calls_open_trusted(AT_FDCWD, calls->libvirt_folder,
	    O_PATH | O_DIRECTORY, S_IFDIR);
	if (folder < 0)
		return -1;
	snprintf(file, sizeof(file), "%s.xml", request->name);
	fd = calls_open_trusted(folder, file, O_RDONLY, S_IFREG);
	error = errno;		/* close(2) may change it */
	close(folder);
	errno = error;
	return fd;
}

/* --- the calls ------------------------------------------------------------ */

static int
calls_ready(struct monitor_calls *calls, const struct monitor_request *request,
    struct monitor_answer *answer)
{
	(void)request;
	(void)answer;
	calls->ready = true;
	return 0;
}

static int
calls_helper_start(struct monitor_calls *calls,
    const struct monitor_request *request,
    struct monitor_answer *answer)
{
	(void)request;
	return pam_helpers_start(calls->helpers, &answer->helper);
}

/* A helper that has ended already is no error. */
static int
calls_helper_stop(struct monitor_calls *calls,
    const struct monitor_request *request,
    struct monitor_answer *answer)
{
	(void)answer;
	pam_helpers_stop(calls->helpers, request->helper);
	return 0;
}

static const struct {
	/* Returns a descriptor, 0 where none is passed, or -1 with errno. */
	int (*serve)(struct monitor_calls *calls,
	    const struct monitor_request *request,
	    struct monitor_answer *answer);
	bool passes, has_helper, has_name;
} calls_by_number[MONITOR_CALL_END] = {
	[MONITOR_READY] = { .serve = calls_ready },
	[MONITOR_HELPER_START] = { .serve = calls_helper_start,
	    .passes = true },
	[MONITOR_HELPER_STOP] = { .serve = calls_helper_stop,
	    .has_helper = true },
	[MONITOR_OPEN_STATUS] = { .serve = calls_open_status, .passes = true,
	    .has_name = true },
};

/* Whether the name ends within its field, with zeros behind it, and the fields
 * that the call does not use are zero. */
static bool
calls_request_is_valid(const struct monitor_request *request)
{
	static const char zero[sizeof(request->name)];
	size_t length = strnlen(request->name, sizeof(request->name));

	if (request->call >= MONITOR_CALL_END ||
	    calls_by_number[request->call].serve == NULL ||
	    length == sizeof(request->name) ||
	    memcmp(request->name + length, zero, sizeof(zero) - length) != 0)
		return false;
	return calls_by_number[request->call].has_helper ==
	    (request->helper != 0) &&
	    (calls_by_number[request->call].has_name || length == 0);
}

/* Never waits for a worker that does not read: the monitor has to go on reaping
 * its children. */
static bool
calls_reply(int link, struct monitor_answer *answer, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { answer, sizeof(*answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(link, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(*answer);
}

static bool
calls_answer(struct monitor_calls *calls,
    const struct monitor_request *request)
{
	struct monitor_answer answer = { .serial = request->serial };
	int fd = calls_by_number[request->call].serve(calls, request, &answer);
	bool passes = fd >= 0 && calls_by_number[request->call].passes;
	bool sent;

	answer.error = fd < 0 ? errno : 0;
	sent = calls_reply(calls->link, &answer, passes ? fd : -1);
	if (passes)
		close(fd);
	return sent;
}

bool
monitor_calls_serve(struct monitor_calls *calls)
{
	struct monitor_request request;
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	/* no room for control data: a descriptor that the worker passes is
	 * closed by the kernel, which sets MSG_CTRUNC */
	ssize_t size = recvmsg(calls->link, &message, MSG_DONTWAIT);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR;
	if (size != (ssize_t)sizeof(request) ||
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    !calls_request_is_valid(&request))
		return false;
	return calls_answer(calls, &request);
}
