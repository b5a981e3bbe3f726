/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/monitor.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "saslauthd-ext/monitor/child_process.h"
#include "saslauthd-ext/monitor/monitor_calls.h"
#include "saslauthd-ext/monitor/privilege.h"
#include "saslauthd-ext/monitor/service_manager.h"

#define LIBVIRT_FOLDER "/run/libvirt/qemu"
#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* milliseconds */
enum {
	MONITOR_BACK_OFF_FIRST = 1000,
	MONITOR_BACK_OFF_LONGEST = 10000,
	MONITOR_BACK_OFF_RESET = 60000,	/* after a worker that lived so long */
	MONITOR_STOP_TIMEOUT = 5000,	/* from SIGTERM to SIGKILL */
	MONITOR_KILL_TIMEOUT = 1000,	/* from SIGKILL to our own end */
};

struct monitor {
	const struct monitor_settings *settings;
	struct service_manager manager;
	struct pam_helpers helpers;
	struct monitor_calls calls;	/* link -1: no worker to read from */
	pid_t worker;			/* 0: none */
	/* clock_monotonic_ms() */
	int64_t started;		/* when the worker was started */
	int64_t due;			/* when to start the next one */
	int64_t back_off;		/* delay after the next end of one */
	int64_t stop_deadline;		/* when to send SIGKILL */
	int signals;			/* signalfd(2) */
	bool announced;			/* this worker has called ready */
	bool ever_ready;		/* one of them has */
	bool reload;			/* SIGHUP came before it was ready */
	bool stopping;
	bool over;
	int status;			/* to exit with */
};

/* --- the worker ----------------------------------------------------------- */

/* Ends with _exit(2): exit(3) would flush the monitor's buffered output again
 * and run its atexit(3) functions. */
_Noreturn static void
monitor_become_worker(const struct monitor *monitor, pid_t parent)
{
	const struct monitor_settings *from = monitor->settings;
	const struct worker_settings settings = {
		.monitor = CHILD_PROCESS_FIRST_FD,
		.mux = CHILD_PROCESS_FIRST_FD + 1,
		.broker = CHILD_PROCESS_FIRST_FD + 2,
		.config = from->config,
	};

	privilege_drop(from->uid, from->gid);
	child_process_die_with_parent(parent);
	_exit(from->worker(&settings));
}

static void
monitor_start_worker(struct monitor *monitor)
{
	const pid_t self = getpid();
	int pair[2];

	monitor->started = clock_monotonic_ms();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		const int fds[] = { pair[1], monitor->settings->mux,
		    monitor->settings->broker };
		pid_t pid = child_process_fork("vmauthzd-worker", fds, 3);

		if (pid == 0)
			monitor_become_worker(monitor, self);
		/* else the worker's end would not close the link */
		close(pair[1]);
		if (pid > 0) {
			monitor->worker = pid;
			monitor->calls.link = pair[0];
			return;
		}
		close(pair[0]);
	}
	warn("the worker can't be started");
	monitor->due = monitor->started + MONITOR_BACK_OFF_LONGEST;
}

static void
monitor_close_link(struct monitor *monitor)
{
	if (monitor->calls.link >= 0)
		close(monitor->calls.link);
	monitor->calls.link = -1;
	monitor->calls.ready = monitor->announced = false;
}

/* The first worker that ends is replaced at once, so that one crash interrupts
 * the service for a moment only.  Only repeated ones are delayed. */
static void
monitor_schedule_worker(struct monitor *monitor)
{
	int64_t now = clock_monotonic_ms();

	if (now - monitor->started >= MONITOR_BACK_OFF_RESET)
		monitor->back_off = 0;
	monitor->due = now + monitor->back_off;
	monitor->back_off = monitor->back_off == 0 ? MONITOR_BACK_OFF_FIRST :
	    monitor->back_off * 2;
	if (monitor->back_off > MONITOR_BACK_OFF_LONGEST)
		monitor->back_off = MONITOR_BACK_OFF_LONGEST;
}

static void
monitor_report_exit(const struct monitor *monitor, int status)
{
	char line[128];

	snprintf(line, sizeof(line), "STATUS=the worker ended with %s %d, "
	    "the next one is started",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	warnx("%s", line + strlen("STATUS="));
	service_manager_notify(&monitor->manager, line);
}

static void
monitor_worker_exited(struct monitor *monitor, int status)
{
	monitor->worker = 0;
	monitor_close_link(monitor);
	/* they have no worker any more to answer */
	pam_helpers_stop_all(&monitor->helpers);
	if (monitor->stopping) {
		monitor->over = true;
		return;
	}
	/* A wrong configuration makes the start fail.  Once a worker was ready,
	 * the next one is tried again and again: somebody may mend the file. */
	if (!monitor->ever_ready && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EX_CONFIG) {
		monitor->status = EX_CONFIG;
		monitor->over = true;
		return;
	}
	monitor_report_exit(monitor, status);
	monitor_schedule_worker(monitor);
}

static void
monitor_worker_ready(struct monitor *monitor)
{
	monitor->announced = monitor->ever_ready = true;
	service_manager_notify(&monitor->manager, "READY=1\nSTATUS=serving");
	if (monitor->reload)
		kill(monitor->worker, SIGHUP);
	monitor->reload = false;
}

static void
monitor_serve_worker(struct monitor *monitor)
{
	if (!monitor_calls_serve(&monitor->calls)) {
		/* The worker may have ended by itself.  Until SIGCHLD is
		 * handled it is a zombie, so the number is no other's. */
		kill(monitor->worker, SIGKILL);
		monitor_close_link(monitor);
	} else if (monitor->calls.ready && !monitor->announced)
		monitor_worker_ready(monitor);
}

/* --- signals -------------------------------------------------------------- */

static void
monitor_reload(struct monitor *monitor)
{
	/* A worker that is not ready may have no handler yet: SIGHUP
	 * would end it. */
	if (monitor->announced)
		kill(monitor->worker, SIGHUP);
	else
		monitor->reload = true;
}

static void
monitor_stop(struct monitor *monitor)
{
	/* a second signal does not put the deadline off */
	if (monitor->stopping)
		return;
	monitor->stopping = true;
	service_manager_notify(&monitor->manager, "STOPPING=1");
	monitor->stop_deadline = clock_monotonic_ms() + MONITOR_STOP_TIMEOUT;
	if (monitor->worker != 0)
		kill(monitor->worker, SIGTERM);
	else
		monitor->over = true;
}

static bool
monitor_owns_child_cb(const void *context, pid_t pid)
{
	const struct monitor *monitor = context;

	return pid == monitor->worker ||
	    pam_helpers_has(&monitor->helpers, pid);
}

/* WNOWAIT first: until a child is waited for, the kernel reuses neither its
 * number nor that of its process group, so that the kill can't hit another
 * process. */
static void
monitor_reap(struct monitor *monitor)
{
	siginfo_t info;
	int status;

	/* several children may have ended by one SIGCHLD */
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0)
			return;
		child_process_kill(info.si_pid);
		if (waitpid(info.si_pid, &status, 0) != info.si_pid)
			return;
		if (info.si_pid == monitor->worker)
			monitor_worker_exited(monitor, status);
		else
			(void)pam_helpers_gone(&monitor->helpers, info.si_pid);
		child_process_kill_orphans(monitor_owns_child_cb, monitor);
	}
}

static const struct {
	int number;
	void (*handle)(struct monitor *monitor);
} handlers[] = {
	{ SIGHUP, monitor_reload },
	{ SIGINT, monitor_stop },
	{ SIGTERM, monitor_stop },
	{ SIGCHLD, monitor_reap },
};

enum { MONITOR_HANDLERS = sizeof(handlers) / sizeof(handlers[0]) };

static void
monitor_read_signals(struct monitor *monitor)
{
	struct signalfd_siginfo info;

	while (read(monitor->signals, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info))
		for (size_t i = 0; i < MONITOR_HANDLERS; i++)
			if (handlers[i].number == (int)info.ssi_signo)
				handlers[i].handle(monitor);
}

static int
monitor_open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < MONITOR_HANDLERS; i++)
		sigaddset(&set, handlers[i].number);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* --- the loop ------------------------------------------------------------- */

/* Starts the next worker, or kills one that does not stop, when it is due.
 * Returns how many milliseconds poll(2) may wait; -1: any time. */
static int
monitor_run_timers(struct monitor *monitor)
{
	int64_t now = clock_monotonic_ms();
	int64_t until = monitor->stopping ? monitor->stop_deadline :
	    monitor->due;

	if (monitor->worker != 0 && !monitor->stopping)
		return -1;
	if (now < until)
		return (int)(until - now);
	if (!monitor->stopping) {
		monitor_start_worker(monitor);
		return 0;
	}
	kill(monitor->worker, SIGKILL);
	monitor->stop_deadline = now + MONITOR_STOP_TIMEOUT;
	return MONITOR_STOP_TIMEOUT;
}

static void
monitor_loop(struct monitor *monitor)
{
	while (!monitor->over) {
		int timeout = monitor_run_timers(monitor);
		struct pollfd fds[] = {
			{ .fd = monitor->signals, .events = POLLIN },
			/* -1, which poll(2) ignores, without a worker */
			{ .fd = monitor->calls.link, .events = POLLIN },
		};

		if (poll(fds, 2, timeout) < 0 && errno != EINTR)
			err(EX_OSERR, "poll");
		if (fds[1].revents != 0)
			monitor_serve_worker(monitor);
		if (fds[0].revents != 0)
			monitor_read_signals(monitor);
	}
}

/* Waits for the killed helpers, but not for one that the kernel can't end while
 * it waits for a disk. */
static void
monitor_end_children(struct monitor *monitor)
{
	struct pollfd fd = { .fd = monitor->signals, .events = POLLIN };
	int64_t until = clock_monotonic_ms() + MONITOR_KILL_TIMEOUT;
	int64_t now;

	pam_helpers_stop_all(&monitor->helpers);
	while (waitpid(-1, NULL, WNOHANG) >= 0 &&
	    (now = clock_monotonic_ms()) < until)
		if (poll(&fd, 1, (int)(until - now)) > 0)
			monitor_read_signals(monitor);
}

/* Sets what the children inherit.  The environment is cleared, for PAM modules
 * and the libraries that they use read variables from it.  The monitor becomes
 * the parent of descendants whose own parent ends: this way it finds a program
 * that a PAM module started in a session of its own. */
static bool
monitor_prepare(void)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return false;
	if (null > STDERR_FILENO)
		close(null);
	umask(S_IRWXG | S_IRWXO);
	return clearenv() == 0 && setenv("PATH", PATH, 1) == 0 &&
	    chdir("/") == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
	    setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

int
monitor_run(const struct monitor_settings *settings)
{
	struct monitor monitor = { .settings = settings };

	monitor.calls.link = -1;
	monitor.calls.helpers = &monitor.helpers;
	monitor.calls.libvirt_folder = settings->libvirt_folder != NULL ?
	    settings->libvirt_folder : LIBVIRT_FOLDER;
	service_manager_open(&monitor.manager);
	monitor.signals = monitor_open_signals();
	if (!monitor_prepare() || monitor.signals < 0) {
		warn("can't prepare the monitor");
		service_manager_close(&monitor.manager);
		return EX_OSERR;
	}
	monitor_loop(&monitor);
	monitor_end_children(&monitor);
	monitor_close_link(&monitor);
	close(monitor.signals);
	service_manager_close(&monitor.manager);
	return monitor.status;
}
