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
child_process_reset_signals(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* SIGKILL and SIGSTOP can't be set, sigaction(2): their error is
	 * expected. */
	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Duplicates the descriptors to numbers above the target range first: a direct
 * copy could overwrite one that is still to be copied. */
static bool
child_process_place_descriptors(const int *fds, size_t count)
{
	const int last = CHILD_PROCESS_FIRST_FD + (int)count;
	int high[CHILD_PROCESS_FDS_MAX];

	for (size_t i = 0; i < count; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, last)) < 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (dup3(high[i], CHILD_PROCESS_FIRST_FD + (int)i,
		    O_CLOEXEC) < 0)
			return false;
	return close_range((unsigned int)last, UINT_MAX, 0) == 0;
}

pid_t
child_process_fork(const char *name, const int *fds, size_t count)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	/* setsid(2): a signal to the child's group misses the monitor */
	if (count > CHILD_PROCESS_FDS_MAX ||
	    !child_process_place_descriptors(fds, count) ||
	    setsid() < 0 || prctl(PR_SET_NAME, name, 0, 0, 0) != 0) {
		warn("%s can't be started", name);
		_exit(EX_OSERR);
	}
	child_process_reset_signals();
	return 0;
}

void
child_process_die_with_parent(pid_t monitor)
{
	/* a monitor that ended before the prctl(2) sends no signal: then the
	 * child has another parent already */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != monitor)
		_exit(EX_OSERR);
}

void
child_process_kill(pid_t pid)
{
	/* Both, for the child may not have reached its setsid() yet: then there
	 * is no group of that number. */
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

/* proc_pid_task_children(5): process ids, each followed by a blank.  Children
 * beyond a full buffer are found by a later call: each end of a child makes the
 * monitor call again. */
void
child_process_kill_orphans(bool (*known_cb)(const void *context, pid_t pid),
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
		if (!known_cb(context, (pid_t)pid))
			child_process_kill((pid_t)pid);
}
