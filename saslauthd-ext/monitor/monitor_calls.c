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

static bool
is_file_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* A descriptor of what is root's, and nobody else's to write; or -1 with
 * errno. */
static int
open_trusted(int folder, const char *path, int flags, mode_t type)
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
open_in(int folder, const char *name)
{
	char file[REQUEST_VM_NAME_MAX + sizeof(".xml")];

	snprintf(file, sizeof(file), "%s.xml", name);
	return open_trusted(folder, file, O_RDONLY, S_IFREG);
}

static int
open_status(struct monitor_calls *calls, const struct monitor_request *request,
    struct monitor_answer *answer)
{
	int folder, fd, error;

	(void)answer;
	if (!is_file_name(request->name)) {
		errno = EINVAL;
		return -1;
	}
	folder = open_trusted(AT_FDCWD, calls->libvirt_folder,
	    O_PATH | O_DIRECTORY, S_IFDIR);
	if (folder < 0)
		return -1;
	fd = open_in(folder, request->name);
	error = errno;
	close(folder);
	errno = error;
	return fd;
}

/* --- the calls ------------------------------------------------------------ */

static int
ready(struct monitor_calls *calls, const struct monitor_request *request,
    struct monitor_answer *answer)
{
	(void)request;
	(void)answer;
	calls->ready = true;
	return 0;
}

static int
helper_start(struct monitor_calls *calls, const struct monitor_request *request,
    struct monitor_answer *answer)
{
	(void)request;
	return pam_helpers_start(calls->helpers, &answer->helper);
}

/* One that is gone already has what it should. */
static int
helper_stop(struct monitor_calls *calls, const struct monitor_request *request,
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
	[MONITOR_READY] = { .serve = ready },
	[MONITOR_HELPER_START] = { .serve = helper_start, .passes = true },
	[MONITOR_HELPER_STOP] = { .serve = helper_stop, .has_helper = true },
	[MONITOR_OPEN_STATUS] = { .serve = open_status, .passes = true,
	    .has_name = true },
};

/* Each text ends within its field and has nothing behind it; what a call
 * doesn't use is zero. */
static bool
is_well_formed(const struct monitor_request *request)
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

static bool
reply(int link, const struct monitor_answer *answer, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct monitor_answer copy = *answer;
	struct iovec part = { &copy, sizeof(copy) };
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
	    (ssize_t)sizeof(copy);
}

static bool
answer_request(struct monitor_calls *calls,
    const struct monitor_request *request)
{
	struct monitor_answer answer = { .serial = request->serial };
	int fd = calls_by_number[request->call].serve(calls, request, &answer);
	bool passes = fd >= 0 && calls_by_number[request->call].passes;
	bool sent;

	answer.error = fd < 0 ? errno : 0;
	sent = reply(calls->link, &answer, passes ? fd : -1);
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
	ssize_t size = recvmsg(calls->link, &message, MSG_DONTWAIT);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR;
	if (size != (ssize_t)sizeof(request) ||
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    !is_well_formed(&request))
		return false;
	return answer_request(calls, &request);
}
