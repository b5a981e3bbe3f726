/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/pam_helpers.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "saslauthd-ext/monitor/child_process.h"
#include "saslauthd-ext/pam/pam_helper.h"

/* Zero is no number: in a message it marks the field as unused. */
static uint32_t
pam_helpers_next_number(struct pam_helpers *helpers)
{
	if (++helpers->last == 0)
		helpers->last = 1;
	return helpers->last;
}

/* The slot of a helper, or, for 0, a free one; MONITOR_HELPERS_MAX: none. */
static size_t
pam_helpers_find_slot(const struct pam_helpers *helpers, pid_t pid)
{
	size_t i = 0;

	while (i < MONITOR_HELPERS_MAX && helpers->slots[i].pid != pid)
		i++;
	return i;
}

static pid_t
pam_helpers_fork(int socket)
{
	const pid_t monitor = getpid();
	pid_t pid = child_process_fork("vmauthzd-pam", &socket, 1);

	if (pid != 0)
		return pid;
	child_process_die_with_parent(monitor);
	pam_helper_run(CHILD_PROCESS_FIRST_FD);
}

int
pam_helpers_start(struct pam_helpers *helpers, uint32_t *number_r)
{
	size_t slot = pam_helpers_find_slot(helpers, 0);
	int pair[2];
	pid_t pid;

	if (slot == MONITOR_HELPERS_MAX) {
		errno = EAGAIN;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	pid = pam_helpers_fork(pair[1]);
	/* else the helper's end would not close the worker's descriptor */
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -1;
	}
	helpers->slots[slot].pid = pid;
	*number_r = pam_helpers_next_number(helpers);
	helpers->slots[slot].number = *number_r;
	return pair[0];
}

/* The slot stays in use until the helper has been waited for: before that, the
 * helper still exists. */
void
pam_helpers_stop(struct pam_helpers *helpers, uint32_t number)
{
	for (size_t i = 0; i < MONITOR_HELPERS_MAX; i++)
		if (helpers->slots[i].pid != 0 &&
		    helpers->slots[i].number == number)
			child_process_kill(helpers->slots[i].pid);
}

void
pam_helpers_stop_all(struct pam_helpers *helpers)
{
	for (size_t i = 0; i < MONITOR_HELPERS_MAX; i++)
		if (helpers->slots[i].pid != 0)
			child_process_kill(helpers->slots[i].pid);
}

bool
pam_helpers_has(const struct pam_helpers *helpers, pid_t pid)
{
	return pam_helpers_find_slot(helpers, pid) < MONITOR_HELPERS_MAX;
}

bool
pam_helpers_gone(struct pam_helpers *helpers, pid_t pid)
{
	size_t slot = pam_helpers_find_slot(helpers, pid);

	if (slot == MONITOR_HELPERS_MAX)
		return false;
	helpers->slots[slot].pid = 0;
	return true;
}
