/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/service.h"

#include <errno.h>
#include <event2/listener.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "vm/machine_find.h"

enum { SERVICE_PAUSE_MS = 100 };	/* without free descriptors */

struct service {
	struct daemon *daemon;
	const struct service_kind *kind;
	struct evconnlistener *listener;
	struct event *pause;		/* timer: accept(2) again */
	struct connection *connections;
	int64_t refusal_logged;		/* clock_boot_seconds() of the last
					 * line about a refused process */
};

struct daemon *
connection_daemon(const struct connection *connection)
{
	return connection->service->daemon;
}

/* --- the end of a connection ---------------------------------------------- */

static void
connection_free(struct connection *connection)
{
	struct connection **at = &connection->service->connections;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	OPENSSL_cleanse(connection, connection->service->kind->size);
	free(connection);
}

void
connection_close(struct connection *connection)
{
	if (connection->fd < 0)
		return;
	event_free(connection->event);
	connection->event = NULL;
	close(connection->fd);
	connection->fd = -1;
	peer_close(&connection->asker.peer);
	if (connection->pending == 0)
		connection_free(connection);
}

void
connection_hold(struct connection *connection)
{
	connection->pending++;
}

bool
connection_release(struct connection *connection)
{
	connection->pending--;
	if (connection->fd >= 0)
		return true;
	if (connection->pending == 0)
		connection_free(connection);
	return false;
}

/* --- its beginning -------------------------------------------------------- */

/* Logs once a second: every account may connect, and must not fill the log. */
static void
service_log_refusal(struct service *service, const struct peer *peer,
    const char *reason)
{
	int64_t now = clock_boot_seconds();

	if (now < service->refusal_logged + 1)
		return;
	service->refusal_logged = now;
	daemon_log(service->daemon, LOG_NOTICE, "vmauthzd: %s: refused process "
	    "%ld of uid %lu, gid %lu: %s", service->kind->name, (long)peer->pid,
	    (unsigned long)peer->uid, (unsigned long)peer->gid, reason);
}

/* Finds the VM of a peer that may make requests as one.  A peer without a VM
 * stays connected, within a limit: its requests get a refusal with a reason. */
static void
connection_identify(struct connection *connection)
{
	struct daemon *daemon = connection_daemon(connection);
	const struct machine_sources sources = {
		.libvirt = daemon->config->identify_libvirt,
		.cgroup = daemon->config->identify_cgroup,
		.command_line = daemon->config->identify_command_line,
		.libvirt_folder = "/run/libvirt/qemu",
		.proc = "/proc",
		.owner = 0,	/* libvirt writes its files as root */
		.open_status = daemon->open_status,
		.context = daemon,
	};

	connection->asker.socket = connection->service->kind->name;
	if (connection->user)
		machine_find(&connection->asker.machine,
		    &connection->asker.peer, &sources);
}

/* Returns why the connection can't be admitted, or NULL.  The limit for each VM
 * leaves the other VMs their connections. */
static const char *
service_find_obstacle(const struct service *service,
    const struct connection *connection)
{
	const char *name = connection->asker.machine.name;
	size_t all = 0, alike = 0;
	const struct connection *other = service->connections;

	if (!connection->user && !connection->operator)
		return "it is none of the users and groups that may connect";
	for (; other != NULL; other = other->next) {
		all++;
		alike += strcmp(other->asker.machine.name, name) == 0;
	}
	if (all >= SERVICE_CONNECTIONS_MAX)
		return "there are too many connections";
	if (alike >= (name[0] != '\0' ? service->kind->per_vm :
	    SERVICE_NO_VM_MAX))
		return "its VM has too many connections";
	return NULL;
}

static void
connection_event_cb(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;

	(void)fd;
	if ((what & EV_TIMEOUT) != 0)
		connection->service->kind->late(connection);
	else
		connection->service->kind->readable(connection);
}

static int
connection_watch(struct connection *connection)
{
	struct service *service = connection->service;
	const struct timeval timeout = { .tv_sec = service->kind->timeout };

	connection->event = event_new(service->daemon->base, connection->fd,
	    EV_READ | EV_PERSIST, connection_event_cb, connection);
	if (connection->event == NULL)
		return ERROR_MEMORY;
	if (event_add(connection->event,
	    service->kind->timeout != 0 ? &timeout : NULL) == 0)
		return ERROR_NONE;
	event_free(connection->event);
	return ERROR_MEMORY;
}

static const char *
service_admit(struct service *service, struct connection *connection)
{
	const struct config *config = service->daemon->config;
	struct peer *peer = &connection->asker.peer;
	const char *why;

	if (peer_open(peer, connection->fd) != ERROR_NONE)
		return "the kernel does not say who it is";
	connection->user = config_is_user(config, peer->uid, peer->gid);
	connection->operator = config_is_operator(config, peer->uid);
	connection_identify(connection);
	why = service_find_obstacle(service, connection);
	if (why == NULL && connection_watch(connection) != ERROR_NONE)
		why = "out of memory";
	return why;
}

static void
service_accept_cb(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int length, void *context)
{
	struct service *service = context;
	struct connection *connection = calloc(1, service->kind->size);
	const char *why;

	(void)listener;
	(void)address;
	(void)length;
	if (connection == NULL) {
		close(fd);
		return;
	}
	connection->service = service;
	connection->fd = fd;
	connection->asker.peer.pidfd = -1;
	why = service_admit(service, connection);
	if (why == NULL) {
		connection->next = service->connections;
		service->connections = connection;
		return;
	}
	service_log_refusal(service, &connection->asker.peer, why);
	peer_close(&connection->asker.peer);
	close(fd);
	free(connection);
}

/* Called for EMFILE, for instance.  The connection stays in the queue, and poll
 * would report it again at once: a pause keeps the loop from spinning. */
static void
service_accept_error_cb(struct evconnlistener *listener, void *context)
{
	const struct timeval pause = { .tv_usec = SERVICE_PAUSE_MS * 1000 };
	struct service *service = context;

	daemon_log(service->daemon, LOG_ERR, "vmauthzd: %s: accept: %s",
	    service->kind->name, strerror(errno));
	evconnlistener_disable(listener);
	event_add(service->pause, &pause);
}

static void
service_resume_cb(evutil_socket_t fd, short what, void *context)
{
	struct service *service = context;

	(void)fd;
	(void)what;
	evconnlistener_enable(service->listener);
}

/* --- the service ---------------------------------------------------------- */

int
service_open(struct service **service_r, struct daemon *daemon,
    const struct service_kind *kind, int socket)
{
	struct service *service = calloc(1, sizeof(*service));

	*service_r = NULL;
	if (service == NULL)
		return ERROR_MEMORY;
	service->daemon = daemon;
	service->kind = kind;
	service->refusal_logged = -1;
	service->pause = evtimer_new(daemon->base, service_resume_cb, service);
	service->listener = service->pause == NULL ? NULL :
	    evconnlistener_new(daemon->base, service_accept_cb, service,
	    LEV_OPT_CLOSE_ON_EXEC, 0, socket);
	if (service->listener == NULL) {
		service_close(&service);
		return ERROR_MEMORY;
	}
	evconnlistener_set_error_cb(service->listener, service_accept_error_cb);
	*service_r = service;
	return ERROR_NONE;
}

void
service_close(struct service **service)
{
	struct service *old = *service;

	*service = NULL;
	if (old == NULL)
		return;
	while (old->connections != NULL) {
		struct connection *connection = old->connections;

		/* No answer comes any more.  worker_end() cancels the checks,
		 * and their callbacks do not touch the connection then. */
		connection->pending = 0;
		if (connection->fd < 0)
			connection_free(connection);
		else
			connection_close(connection);
	}
	if (old->listener != NULL)
		evconnlistener_free(old->listener);
	if (old->pause != NULL)
		event_free(old->pause);
	free(old);
}

void
service_configure(struct service *service)
{
	const struct config *config = service->daemon->config;
	struct connection *connection = service->connections, *next;

	for (; connection != NULL; connection = next) {
		const struct peer *peer = &connection->asker.peer;

		next = connection->next;	/* the close may free it */
		connection->user = config_is_user(config, peer->uid, peer->gid);
		connection->operator = config_is_operator(config, peer->uid);
		if (!connection->user && !connection->operator)
			connection_close(connection);
	}
}
