/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/worker.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "saslauthd-ext/config/config_file.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/login/session.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/ticket_service.h"
#include "saslauthd-ext/worker/broker_service.h"
#include "saslauthd-ext/worker/monitor_client.h"
#include "saslauthd-ext/worker/mux_service.h"
#include "saslauthd-ext/worker/seccomp.h"

enum {
	WORKER_EVENTS = 5,
	WORKER_HOUSEKEEPING = 10,	/* seconds between two rounds */
	WORKER_VERIFY_THREADS = 2,	/* compare passwords with verifiers */
};

/* The daemon, and the events of the process. */
struct worker {
	struct daemon daemon;
	const struct worker_settings *settings;
	struct event *events[WORKER_EVENTS];
};

/* --- housekeeping --------------------------------------------------------- */

static void
worker_session_end_cb(void *context, const struct session *session)
{
	audit_event_session(context, session, "the VM's process has ended");
}

static bool
worker_process_lives_cb(void *context, pid_t pid, uint64_t start)
{
	(void)context;
	return peer_process_lives(pid, start);
}

static void
worker_housekeeping_cb(evutil_socket_t fd, short what, void *context)
{
	struct daemon *daemon = &((struct worker *)context)->daemon;

	(void)fd;
	(void)what;
	ticket_service_expire(daemon);
	session_expire(&daemon->state, worker_process_lives_cb,
	    worker_session_end_cb, daemon);
	throttle_expire(&daemon->state, daemon->config, clock_unix_ms() / 1000);
	state_checkpoint(&daemon->state);
}

/* --- signals -------------------------------------------------------------- */

/* Replaces the configuration only if the new one is valid: a typing error then
 * locks nobody out. */
static void
worker_hangup_cb(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;
	struct daemon *daemon = &worker->daemon;
	struct config *config, *old = daemon->config;
	struct policy *policy = NULL;
	char error[CONFIG_ERROR_MAX];

	(void)fd;
	(void)what;
	if (config_file_load(&config, worker->settings->config, error) !=
	    ERROR_NONE) {
		audit_event_daemon(daemon, "the configuration stays as it was",
		    error);
		return;
	}
	/* the databases are open in the old folder */
	if (strcmp(config->state, old->state) != 0) {
		audit_event_daemon(daemon, "state",
		    "a new folder takes a restart; the old one stays");
		strcpy(config->state, old->state);
	}
	if (strcmp(config->policy, old->policy) != 0 &&
	    policy_new(&policy, config->policy) == ERROR_NONE) {
		policy_free(&daemon->policy);
		daemon->policy = policy;
	}
	daemon->config = config;
	config_free(&old);
	/* a realm may check passwords elsewhere now */
	recent_password_forget_all(daemon->right);
	pam_pool_configure(daemon->pool, config);
	audit_configure(daemon->audit, config);
	service_configure(daemon->mux);
	service_configure(daemon->broker);
	audit_event_daemon(daemon, "the configuration has been read again",
	    NULL);
}

static void
worker_terminate_cb(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;

	(void)fd;
	(void)what;
	event_base_loopbreak(worker->daemon.base);
}

/* Ends the worker when the monitor has ended.  An answer is not read here:
 * monitor_client.c does, also a late one, at its next call. */
static void
worker_monitor_cb(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;
	char octet;

	(void)what;
	if (recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		event_base_loopbreak(worker->daemon.base);
}

/* --- beginning and end ---------------------------------------------------- */

/* Makes glibc load its modules for names of accounts, and the time zone.  Under
 * the system call filter no file can be mapped as code any more. */
static void
worker_preload(void)
{
	char buffer[4096];
	struct passwd account, *found;

	getpwuid_r(geteuid(), &account, buffer, sizeof(buffer), &found);
	tzset();
}

/* Each connection needs two descriptors: its socket, and the peer's pidfd. */
static void
worker_raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int
worker_print_error(const char *what, const char *detail)
{
	fprintf(stderr, "vmauthzd: %s%s%s\n", what,
	    detail[0] != '\0' ? ": " : "", detail);
	return EX_CONFIG;
}

static int
worker_open_databases(struct daemon *daemon)
{
	struct config *config = daemon->config;
	int rc = policy_new(&daemon->policy, config->policy);

	if (rc != ERROR_NONE)
		return worker_print_error(config->policy, error_text(rc));
	rc = state_open(&daemon->state, config);
	if (rc != ERROR_NONE)
		return worker_print_error(daemon->state.detail, "");
	if (daemon->state.detail[0] != '\0')
		daemon_log(daemon, LOG_ERR, "vmauthzd: %s",
		    daemon->state.detail);
	rc = audit_open(&daemon->audit, config);
	if (rc != ERROR_NONE)
		return worker_print_error(daemon->audit != NULL ?
		    audit_detail(daemon->audit) : config->state,
		    daemon->audit != NULL ? "" : error_text(rc));
	return EX_OK;
}

static int
worker_open_parts(struct daemon *daemon)
{
	const struct pam_pool_source source = {
		.start = monitor_helper_start_cb,
		.stop = monitor_helper_stop_cb,
		.context = daemon,
	};

	daemon->base = event_base_new();
	if (daemon->base == NULL ||
	    recent_password_new(&daemon->right) != ERROR_NONE ||
	    recent_password_new(&daemon->wrong) != ERROR_NONE ||
	    verifier_check_new(&daemon->verify, daemon->base,
	    WORKER_VERIFY_THREADS) != ERROR_NONE ||
	    pam_pool_new(&daemon->pool, daemon->base, &source,
	    daemon->config) != ERROR_NONE)
		return EX_OSERR;
	return EX_OK;
}

static int
worker_open_services(struct worker *worker)
{
	struct daemon *daemon = &worker->daemon;

	if (service_open(&daemon->mux, daemon, &mux_service,
	    worker->settings->mux) != ERROR_NONE ||
	    service_open(&daemon->broker, daemon, &broker_service,
	    worker->settings->broker) != ERROR_NONE)
		return EX_OSERR;
	return EX_OK;
}

static int
worker_open_events(struct worker *worker)
{
	const struct timeval interval = { .tv_sec = WORKER_HOUSEKEEPING };
	const struct {
		evutil_socket_t fd;	/* or a signal */
		short what;
		event_callback_fn callback;
		const struct timeval *interval;
	} wanted[WORKER_EVENTS] = {
		{ SIGHUP, EV_SIGNAL, worker_hangup_cb, NULL },
		{ SIGTERM, EV_SIGNAL, worker_terminate_cb, NULL },
		{ SIGINT, EV_SIGNAL, worker_terminate_cb, NULL },
		{ worker->daemon.monitor, EV_READ, worker_monitor_cb, NULL },
		{ -1, 0, worker_housekeeping_cb, &interval },
	};

	for (size_t i = 0; i < WORKER_EVENTS; i++) {
		worker->events[i] = event_new(worker->daemon.base,
		    wanted[i].fd, wanted[i].what | EV_PERSIST,
		    wanted[i].callback, worker);
		if (worker->events[i] == NULL ||
		    event_add(worker->events[i], wanted[i].interval) != 0)
			return EX_OSERR;
	}
	return EX_OK;
}

static int
worker_begin(struct worker *worker)
{
	struct daemon *daemon = &worker->daemon;
	char error[CONFIG_ERROR_MAX];
	int status;

	if (config_file_load(&daemon->config, worker->settings->config,
	    error) != ERROR_NONE)
		return worker_print_error(error, "");
	worker_preload();
	worker_raise_limits();
	status = worker_open_databases(daemon);
	if (status == EX_OK)
		status = worker_open_parts(daemon);
	if (status == EX_OK)
		status = worker_open_events(worker);
	if (status != EX_OK)
		return status;
	/* the threads that run already are filtered, too; no request has been
	 * read before */
	seccomp_install();
	/* before the first login: what ended while no worker ran expires */
	worker_housekeeping_cb(-1, 0, worker);
	return worker_open_services(worker);
}

/* The services come first: their connections refer to all other parts.  The
 * parts that own events come before the event base. */
static void
worker_end(struct worker *worker)
{
	struct daemon *daemon = &worker->daemon;

	service_close(&daemon->mux);
	service_close(&daemon->broker);
	pam_pool_free(&daemon->pool);
	verifier_check_free(&daemon->verify);
	password_check_cancel_all(daemon);
	recent_password_free(&daemon->right);
	recent_password_free(&daemon->wrong);
	audit_close(&daemon->audit);
	state_close(&daemon->state);
	policy_free(&daemon->policy);
	config_free(&daemon->config);
	for (size_t i = 0; i < WORKER_EVENTS; i++)
		if (worker->events[i] != NULL)
			event_free(worker->events[i]);
	if (daemon->base != NULL)
		event_base_free(daemon->base);
	log_close(&daemon->log);
}

int
worker_run(const struct worker_settings *settings)
{
	struct worker worker = {
		.daemon = {
			.monitor = settings->monitor,
			.open_status = monitor_open_status_cb,
		},
		.settings = settings,
	};
	int status;

	log_open(&worker.daemon.log);
	status = worker_begin(&worker);
	if (status == EX_OK) {
		monitor_ready(&worker.daemon);
		audit_event_daemon(&worker.daemon, "started", NULL);
		event_base_dispatch(worker.daemon.base);
		audit_event_daemon(&worker.daemon, "stopped", NULL);
	}
	worker_end(&worker);
	return status;
}
