/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/child_process.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

static void
reset_signals(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* The two that can't be set say so; nobody minds. */
	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* By way of higher numbers, so that none is overwritten before its turn. */
static bool
keep_descriptors(const int *fds, size_t count)
{
	const int last = CHILD_FIRST_FD + (int)count;
	int high[CHILD_FDS_MAX];

	for (size_t i = 0; i < count; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, last)) < 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (dup3(high[i], CHILD_FIRST_FD + (int)i, O_CLOEXEC) < 0)
			return false;
	return close_range((unsigned int)last, UINT_MAX, 0) == 0;
}

pid_t
child_process_fork(const char *name, const int *fds, size_t count)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (count > CHILD_FDS_MAX || !keep_descriptors(fds, count) ||
	    setsid() < 0 || prctl(PR_SET_NAME, name, 0, 0, 0) != 0) {
		warn("%s can't be started", name);
		_exit(EX_OSERR);
	}
	reset_signals();
	return 0;
}

void
child_process_follow(pid_t monitor)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != monitor)
		_exit(EX_OSERR);
}

void
child_process_kill(pid_t pid)
{
	/* It may not have come to its setsid() yet. */
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

int
child_process_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* proc_pid_task_children(5): numbers, each with a blank behind it.  Those that
 * a full buffer leaves out are found when the first ones have ended. */
void
child_process_kill_strays(bool (*known)(const void *context, pid_t pid),
    const void *context)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[4096], *at = text, *end;
	ssize_t got;
	long pid;

	if (fd < 0)
		return;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	for (; (pid = strtol(at, &end, 10)) > 0 && *end == ' '; at = end)
		if (!known(context, (pid_t)pid))
			child_process_kill((pid_t)pid);
}
