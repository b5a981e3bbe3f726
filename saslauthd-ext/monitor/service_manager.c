/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/service_manager.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SERVICE_MANAGER_FIRST_FD = 3,	/* SD_LISTEN_FDS_START */
	SERVICE_MANAGER_FDS_MAX = 16,	/* bounds the loop over LISTEN_FDS */
};

void
service_manager_open(struct service_manager *manager_r)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path != NULL ? strlen(path) : 0;

	memset(manager_r, 0, sizeof(*manager_r));
	manager_r->fd = -1;
	/* a path, or the name of an abstract socket behind "@" */
	if (length < 2 || length >= sizeof(manager_r->address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	manager_r->address.sun_family = AF_UNIX;
	memcpy(manager_r->address.sun_path, path, length);
	if (path[0] == '@')
		manager_r->address.sun_path[0] = '\0';	/* abstract */
	manager_r->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    length);
	manager_r->fd = socket(AF_UNIX,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void
service_manager_close(struct service_manager *manager)
{
	if (manager->fd >= 0)
		close(manager->fd);
	manager->fd = -1;
}

void
service_manager_notify(const struct service_manager *manager, const char *lines)
{
	if (manager->fd >= 0)
		(void)sendto(manager->fd, lines, strlen(lines), MSG_NOSIGNAL,
		    (const struct sockaddr *)&manager->address,
		    manager->length);
}

/* --- sockets -------------------------------------------------------------- */

/* Reads a positive decimal number.  Returns 0 if the text is anything else. */
static long
service_manager_number(const char *text)
{
	char *end;
	long value;

	if (text == NULL || text[0] < '1' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' ? value : 0;
}

static bool
service_socket_option_is(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 &&
	    value == wanted;
}

static struct service_socket *
service_socket_find(struct service_socket *wanted, size_t count,
    const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(wanted[i].name) == length &&
		    memcmp(wanted[i].name, name, length) == 0)
			return &wanted[i];
	return NULL;
}

static bool
service_socket_assign(struct service_socket *wanted, size_t count, int fd,
    const char *name, size_t length)
{
	struct service_socket *entry = service_socket_find(wanted, count, name,
	    length);

	if (entry == NULL || entry->fd >= 0) {
		warnx("descriptor %d of the service manager is not wanted, or "
		    "there are two: set FileDescriptorName=", fd);
		return false;
	}
	if (!service_socket_option_is(fd, SO_DOMAIN, AF_UNIX) ||
	    !service_socket_option_is(fd, SO_TYPE, entry->type) ||
	    !service_socket_option_is(fd, SO_ACCEPTCONN, 1) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		warnx("socket %s of the service manager is not a listening "
		    "%s socket", entry->name, entry->type == SOCK_STREAM ?
		    "stream" : "seqpacket");
		return false;
	}
	entry->fd = fd;
	return true;
}

bool
service_manager_sockets(struct service_socket *wanted, size_t count)
{
	const char *names = getenv("LISTEN_FDNAMES");
	long fds = service_manager_number(getenv("LISTEN_FDS"));

	for (size_t i = 0; i < count; i++)
		wanted[i].fd = -1;
	/* LISTEN_PID: the variables may be inherited from a parent process that
	 * they were meant for */
	if (service_manager_number(getenv("LISTEN_PID")) != (long)getpid() ||
	    fds == 0)
		return true;
	if (names == NULL)
		names = "";
	for (long i = 0; i < fds && i < SERVICE_MANAGER_FDS_MAX; i++) {
		size_t length = strcspn(names, ":");

		if (!service_socket_assign(wanted, count,
		    SERVICE_MANAGER_FIRST_FD + (int)i, names, length))
			return false;
		names += length + (names[length] == ':');
	}
	return fds <= SERVICE_MANAGER_FDS_MAX;
}
