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
#include "saslauthd-ext/worker/broker_service.h"
#include "saslauthd-ext/config/config_file.h"
#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/worker/monitor_client.h"
#include "saslauthd-ext/worker/mux_service.h"
#include "saslauthd-ext/login/password_check.h"
#include "saslauthd-ext/worker/seccomp.h"
#include "saslauthd-ext/login/audit_event.h"
#include "saslauthd-ext/login/session.h"
#include "saslauthd-ext/login/ticket_service.h"

enum {
	HOUSEKEEPING = 10,	/* seconds between two rounds */
	VERIFY_THREADS = 2,
};

/* The worker's own events. */
struct worker {
	struct daemon daemon;
	const struct worker_settings *settings;
	struct event *hangup, *terminate, *interrupt, *monitor, *round;
};

/* --- what the monitor does for us -------------------------------------------- */

static int
start_helper(void *context, uint32_t *helper_r)
{
	const struct daemon *daemon = context;

	return monitor_helper_start(daemon->monitor, helper_r);
}

static void
stop_helper(void *context, uint32_t helper)
{
	const struct daemon *daemon = context;

	monitor_helper_stop(daemon->monitor, helper);
}

static int
open_status(void *context, const char *name)
{
	const struct daemon *daemon = context;

	return monitor_open_status(daemon->monitor, name);
}

/* --- from time to time ----------------------------------------------------------- */

static void
on_session_end(void *context, const struct session *session)
{
	audit_event_session(context, session, "the VM's process has ended");
}

static bool
process_lives(void *context, pid_t pid, uint64_t start)
{
	(void)context;
	return peer_process_lives(pid, start);
}

static void
on_round(evutil_socket_t fd, short what, void *context)
{
	struct daemon *daemon = context;

	(void)fd;
	(void)what;
	ticket_service_expire(daemon);
	session_expire(&daemon->state, process_lives, on_session_end, daemon);
	throttle_expire(&daemon->state, daemon->config, clock_unix_ms() / 1000);
	state_checkpoint(&daemon->state);
}

/* --- signals ------------------------------------------------------------------------ */

/* The old configuration stays in force until the new one is known to be good;
 * requests under way finish with what they have. */
static void
reload(struct worker *worker)
{
	struct daemon *daemon = &worker->daemon;
	struct config *config, *old = daemon->config;
	struct policy *policy = NULL;
	char error[CONFIG_ERROR_MAX];

	if (config_file_load(&config, worker->settings->config, error) !=
	    ERROR_NONE) {
		audit_event_daemon(daemon, "the configuration stays as it was", error);
		return;
	}
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
	recent_password_forget_all(daemon->right);	/* who vouches may have changed */
	pam_pool_configure(daemon->pool, config);
	audit_configure(daemon->audit, config);
	service_configure(daemon->mux);
	service_configure(daemon->broker);
	audit_event_daemon(daemon, "the configuration has been read again", NULL);
}

static void
on_hangup(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	reload(context);
}

static void
on_terminate(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;

	(void)fd;
	(void)what;
	event_base_loopbreak(worker->daemon.base);
}

/* Its answers are awaited where they are asked for; what comes here is its
 * end. */
static void
on_monitor(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;
	char octet;

	(void)what;
	if (recv(fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		event_base_loopbreak(worker->daemon.base);
}

/* --- beginning and end -------------------------------------------------------------- */

/* What libraries load when they are first used is loaded while files may
 * still be mapped as code: names of accounts, time zones. */
static void
warm_up(void)
{
	char buffer[4096];
	struct passwd account, *found;

	getpwuid_r(geteuid(), &account, buffer, sizeof(buffer), &found);
	tzset();
}

static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int
complain(const char *what, const char *detail)
{
	fprintf(stderr, "vmauthzd: %s%s%s\n", what,
	    detail[0] != '\0' ? ": " : "", detail);
	return EX_CONFIG;
}

static int
open_databases(struct daemon *daemon)
{
	struct config *config = daemon->config;
	int rc = policy_new(&daemon->policy, config->policy);

	if (rc != ERROR_NONE)
		return complain(config->policy, error_text(rc));
	rc = state_open(&daemon->state, config);
	if (rc != ERROR_NONE)
		return complain(daemon->state.detail, "");
	if (daemon->state.detail[0] != '\0')
		daemon_log(daemon, LOG_ERR, "vmauthzd: %s",
		    daemon->state.detail);
	rc = audit_open(&daemon->audit, config);
	if (rc != ERROR_NONE)
		return complain(daemon->audit != NULL ?
		    audit_detail(daemon->audit) : config->state,
		    daemon->audit != NULL ? "" : error_text(rc));
	return EX_OK;
}

static int
open_parts(struct daemon *daemon)
{
	const struct pam_pool_source source = {
		.start = start_helper,
		.stop = stop_helper,
		.context = daemon,
	};

	daemon->base = event_base_new();
	if (daemon->base == NULL ||
	    recent_password_new(&daemon->right) != ERROR_NONE ||
	    recent_password_new(&daemon->wrong) != ERROR_NONE ||
	    verifier_check_new(&daemon->verify, daemon->base, VERIFY_THREADS) !=
	    ERROR_NONE ||
	    pam_pool_new(&daemon->pool, daemon->base, &source, daemon->config) !=
	    ERROR_NONE)
		return EX_OSERR;
	return EX_OK;
}

static int
open_services(struct worker *worker)
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
open_events(struct worker *worker)
{
	const struct timeval interval = { .tv_sec = HOUSEKEEPING };
	struct daemon *daemon = &worker->daemon;
	struct event_base *base = daemon->base;

	worker->hangup = evsignal_new(base, SIGHUP, on_hangup, worker);
	worker->terminate = evsignal_new(base, SIGTERM, on_terminate, worker);
	worker->interrupt = evsignal_new(base, SIGINT, on_terminate, worker);
	worker->monitor = event_new(base, daemon->monitor,
	    EV_READ | EV_PERSIST, on_monitor, worker);
	worker->round = event_new(base, -1, EV_PERSIST, on_round, daemon);
	if (worker->hangup == NULL || worker->terminate == NULL ||
	    worker->interrupt == NULL || worker->monitor == NULL ||
	    worker->round == NULL ||
	    event_add(worker->hangup, NULL) != 0 ||
	    event_add(worker->terminate, NULL) != 0 ||
	    event_add(worker->interrupt, NULL) != 0 ||
	    event_add(worker->monitor, NULL) != 0 ||
	    event_add(worker->round, &interval) != 0)
		return EX_OSERR;
	return EX_OK;
}

static int
begin(struct worker *worker)
{
	struct daemon *daemon = &worker->daemon;
	char error[CONFIG_ERROR_MAX];
	int status;

	if (config_file_load(&daemon->config, worker->settings->config, error) !=
	    ERROR_NONE)
		return complain(error, "");
	warm_up();
	raise_limits();
	status = open_databases(daemon);
	if (status == EX_OK)
		status = open_parts(daemon);
	if (status == EX_OK)
		status = open_events(worker);
	if (status != EX_OK)
		return status;
	/* threads that run already are under the filter, too */
	seccomp_install();
	on_round(-1, 0, daemon);
	return open_services(worker);
}

static void
free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

static void
end(struct worker *worker)
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
	free_event(worker->hangup);
	free_event(worker->terminate);
	free_event(worker->interrupt);
	free_event(worker->monitor);
	free_event(worker->round);
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
			.open_status = open_status,
		},
		.settings = settings,
	};
	int status;

	log_open(&worker.daemon.log);
	status = begin(&worker);
	if (status == EX_OK) {
		monitor_ready(settings->monitor);
		audit_event_daemon(&worker.daemon, "started", NULL);
		event_base_dispatch(worker.daemon.base);
		audit_event_daemon(&worker.daemon, "stopped", NULL);
	}
	end(&worker);
	return status;
}
