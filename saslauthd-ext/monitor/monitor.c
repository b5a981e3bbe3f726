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
	BACK_OFF_FIRST = 1000,
	BACK_OFF_LONGEST = 10000,
	BACK_OFF_FORGET = 60000,	/* a worker that lived so long was well */
	STOP_PATIENCE = 5000,
	KILL_PATIENCE = 1000,		/* for what SIGKILL can't end at once */
};

struct monitor {
	const struct monitor_settings *settings;
	struct service_manager manager;
	struct pam_helpers helpers;
	struct monitor_calls calls;	/* link -1: no worker to listen to */
	pid_t worker;			/* 0: none */
	int64_t started;		/* the worker was */
	int64_t due;			/* the next worker is */
	int64_t back_off;		/* after the next one that ends */
	int64_t patience_until;		/* while stopping */
	int signals;			/* signalfd(2) */
	bool announced;			/* this worker said ready */
	bool ever_ready;		/* one of them did */
	bool reload;			/* SIGHUP came before it was ready */
	bool stopping;
	bool over;
	int status;			/* to exit with */
};

/* --- the worker ----------------------------------------------------------- */

/* _exit(): the monitor's files and atexit(3) functions are not the worker's. */
_Noreturn static void
be_worker(const struct monitor *monitor, pid_t parent)
{
	const struct monitor_settings *from = monitor->settings;
	const struct worker_settings settings = {
		.monitor = CHILD_FIRST_FD,
		.mux = CHILD_FIRST_FD + 1,
		.broker = CHILD_FIRST_FD + 2,
		.config = from->config,
	};

	privilege_drop(from->uid, from->gid);
	child_process_follow(parent);
	_exit(from->worker(&settings));
}

static void
worker_start(struct monitor *monitor)
{
	const pid_t self = getpid();
	int pair[2];

	monitor->started = clock_monotonic_ms();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		const int fds[] = { pair[1], monitor->settings->mux,
		    monitor->settings->broker };
		pid_t pid = child_process_fork("vmauthzd-worker", fds, 3);

		if (pid == 0)
			be_worker(monitor, self);
		close(pair[1]);
		if (pid > 0) {
			monitor->worker = pid;
			monitor->calls.link = pair[0];
			return;
		}
		close(pair[0]);
	}
	warn("the worker can't be started");
	monitor->due = monitor->started + BACK_OFF_LONGEST;
}

static void
drop_link(struct monitor *monitor)
{
	if (monitor->calls.link >= 0)
		close(monitor->calls.link);
	monitor->calls.link = -1;
	monitor->calls.ready = monitor->announced = false;
}

/* The first one that ends is replaced at once. */
static void
schedule(struct monitor *monitor)
{
	int64_t now = clock_monotonic_ms();

	if (now - monitor->started >= BACK_OFF_FORGET)
		monitor->back_off = 0;
	monitor->due = now + monitor->back_off;
	monitor->back_off = monitor->back_off == 0 ? BACK_OFF_FIRST :
	    monitor->back_off * 2;
	if (monitor->back_off > BACK_OFF_LONGEST)
		monitor->back_off = BACK_OFF_LONGEST;
}

static void
report(const struct monitor *monitor, int status)
{
	char line[128];

	snprintf(line, sizeof(line), "STATUS=the worker ended with %s %d, "
	    "the next one is started",
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	warnx("%s", line + strlen("STATUS="));
	service_manager_tell(&monitor->manager, line);
}

static void
worker_gone(struct monitor *monitor, int status)
{
	monitor->worker = 0;
	drop_link(monitor);
	pam_helpers_stop_all(&monitor->helpers);
	if (monitor->stopping) {
		monitor->over = true;
		return;
	}
	if (!monitor->ever_ready && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EX_CONFIG) {
		monitor->status = EX_CONFIG;
		monitor->over = true;
		return;
	}
	report(monitor, status);
	schedule(monitor);
}

static void
worker_ready(struct monitor *monitor)
{
	monitor->announced = monitor->ever_ready = true;
	service_manager_tell(&monitor->manager, "READY=1\nSTATUS=serving");
	if (monitor->reload)
		kill(monitor->worker, SIGHUP);
	monitor->reload = false;
}

static void
serve(struct monitor *monitor)
{
	if (!monitor_calls_serve(&monitor->calls)) {
		/* What ended by itself can't be killed: it is a zombie yet. */
		kill(monitor->worker, SIGKILL);
		drop_link(monitor);
	} else if (monitor->calls.ready && !monitor->announced)
		worker_ready(monitor);
}

/* --- signals -------------------------------------------------------------- */

static void
reload(struct monitor *monitor)
{
	/* Without its handler SIGHUP would end it. */
	if (!monitor->announced) {
		monitor->reload = true;
		return;
	}
	kill(monitor->worker, SIGHUP);
}

static void
stop(struct monitor *monitor)
{
	if (monitor->stopping)
		return;
	monitor->stopping = true;
	service_manager_tell(&monitor->manager, "STOPPING=1");
	monitor->patience_until = clock_monotonic_ms() + STOP_PATIENCE;
	if (monitor->worker != 0)
		kill(monitor->worker, SIGTERM);
	else
		monitor->over = true;
}

static bool
is_ours(const void *context, pid_t pid)
{
	const struct monitor *monitor = context;

	return pid == monitor->worker || pam_helpers_has(&monitor->helpers, pid);
}

/* Before a child is waited for its number can't become another's, and its
 * group neither. */
static void
reap(struct monitor *monitor)
{
	siginfo_t info;
	int status;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0)
			return;
		child_process_kill(info.si_pid);
		if (waitpid(info.si_pid, &status, 0) != info.si_pid)
			return;
		if (info.si_pid == monitor->worker)
			worker_gone(monitor, status);
		else
			(void)pam_helpers_gone(&monitor->helpers, info.si_pid);
		child_process_kill_strays(is_ours, monitor);
	}
}

static const struct {
	int number;
	void (*handle)(struct monitor *monitor);
} handlers[] = {
	{ SIGHUP, reload },
	{ SIGINT, stop },
	{ SIGTERM, stop },
	{ SIGCHLD, reap },
};

enum { HANDLERS = sizeof(handlers) / sizeof(handlers[0]) };

static void
take_signals(struct monitor *monitor)
{
	struct signalfd_siginfo info;

	while (read(monitor->signals, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info))
		for (size_t i = 0; i < HANDLERS; i++)
			if (handlers[i].number == (int)info.ssi_signo)
				handlers[i].handle(monitor);
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < HANDLERS; i++)
		sigaddset(&set, handlers[i].number);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* --- the loop ------------------------------------------------------------- */

/* Does what the clock asks for; returns how long poll(2) may wait. */
static int
keep_time(struct monitor *monitor)
{
	int64_t now = clock_monotonic_ms();
	int64_t until = monitor->stopping ? monitor->patience_until :
	    monitor->due;

	if (monitor->worker != 0 && !monitor->stopping)
		return -1;
	if (now < until)
		return (int)(until - now);
	if (!monitor->stopping) {
		worker_start(monitor);
		return 0;
	}
	kill(monitor->worker, SIGKILL);
	monitor->patience_until = now + STOP_PATIENCE;
	return STOP_PATIENCE;
}

static void
run(struct monitor *monitor)
{
	while (!monitor->over) {
		int timeout = keep_time(monitor);
		struct pollfd fds[] = {
			{ .fd = monitor->signals, .events = POLLIN },
			{ .fd = monitor->calls.link, .events = POLLIN },
		};

		if (poll(fds, 2, timeout) < 0 && errno != EINTR)
			err(EX_OSERR, "poll");
		if (fds[1].revents != 0)
			serve(monitor);
		if (fds[0].revents != 0)
			take_signals(monitor);
	}
}

/* Waits for what has been killed, but not for what a disk holds back. */
static void
end_children(struct monitor *monitor)
{
	struct pollfd fd = { .fd = monitor->signals, .events = POLLIN };
	int64_t until = clock_monotonic_ms() + KILL_PATIENCE;
	int64_t now;

	pam_helpers_stop_all(&monitor->helpers);
	while (waitpid(-1, NULL, WNOHANG) >= 0 &&
	    (now = clock_monotonic_ms()) < until)
		if (poll(&fd, 1, (int)(until - now)) > 0)
			take_signals(monitor);
}

/* What the children inherit.  The environment comes from whoever started us
 * and would speak to every PAM module. */
static bool
prepare(void)
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
	    setrlimit(RLIMIT_CORE, &none) == 0 && child_process_adopt() == 0 &&
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
	monitor.signals = open_signals();
	if (!prepare() || monitor.signals < 0) {
		warn("can't prepare the monitor");
		service_manager_close(&monitor.manager);
		return EX_OSERR;
	}
	run(&monitor);
	end_children(&monitor);
	drop_link(&monitor);
	close(monitor.signals);
	service_manager_close(&monitor.manager);
	return monitor.status;
}
