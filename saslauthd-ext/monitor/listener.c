/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/listener.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_check.h"

#define LOCK "vmauthzd.lock"

/* --- the folder ----------------------------------------------------------- */

static bool
listeners_open_folder(struct listeners *listeners, const char *path,
    uid_t owner)
{
	const struct file_rule rule = {
		.type = S_IFDIR,
		.owner = owner,
		.denied = S_IWGRP | S_IWOTH,
	};
	enum file_verdict verdict;
	struct stat st;

	/* the umask may have taken bits from mkdir's mode */
	if (mkdir(path, 0755) == 0 && chmod(path, 0755) != 0) {
		warn("%s", path);
		return false;
	}
	listeners->folder = file_open(AT_FDCWD, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW, &rule, &st, &verdict);
	if (verdict == FILE_UNSEEN) {
		warn("%s can't be opened", path);
		return false;
	}
	if (verdict != FILE_TRUSTED) {
		warnx("%s: others than root may write there; run "
		    "chown root and chmod 755", path);
		return false;
	}
	return true;
}

/* The lock, not the sockets, excludes a second vmauthzd: two that start at once
 * would find each other's sockets stale between bind(2) and listen(2). */
static bool
listeners_lock_folder(struct listeners *listeners, const char *path)
{
	listeners->lock = openat(listeners->folder, LOCK,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (listeners->lock < 0) {
		warn("%s/%s", path, LOCK);
		return false;
	}
	if (flock(listeners->lock, LOCK_EX | LOCK_NB) != 0) {
		warnx("another vmauthzd runs on %s", path);
		return false;
	}
	return true;
}

/* --- a socket ------------------------------------------------------------- */

/* Only ECONNREFUSED proves that no process listens on the socket.  Another type
 * (EPROTOTYPE) or a full queue (EAGAIN) proves that one does. */
static bool
listener_is_stale(const struct service_socket *wanted,
    const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX,
	    wanted->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) != 0 && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static bool
listener_remove_stale(const struct service_socket *wanted,
    const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(wanted->name, &st) != 0) {
		if (errno != ENOENT)
			warn("socket %s", wanted->name);
		return errno == ENOENT;
	}
	/* never removes a file that vmauthzd can't have made */
	if (!S_ISSOCK(st.st_mode)) {
		warnx("%s is in the way: not a socket", wanted->name);
		return false;
	}
	if (!listener_is_stale(wanted, address)) {
		warnx("somebody serves socket %s already", wanted->name);
		return false;
	}
	if (unlink(wanted->name) != 0) {
		warn("stale socket %s", wanted->name);
		return false;
	}
	return true;
}

/* Every account may connect: the worker learns from the kernel which process it
 * is, and closes the connection of a wrong one.
 * The address is relative to the working directory, which is the folder: it is
 * the folder that was checked, even if its path leads elsewhere now, and its
 * path does not count in the 108 octets of an address, unix(7). */
static bool
listener_create(struct service_socket *wanted, bool *created_r)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;

	strncpy(address.sun_path, wanted->name, sizeof(address.sun_path) - 1);
	if (!listener_remove_stale(wanted, &address))
		return false;
	wanted->fd = socket(AF_UNIX, wanted->type | SOCK_CLOEXEC, 0);
	mask = umask(0111);
	*created_r = wanted->fd >= 0 && bind(wanted->fd,
	    (const struct sockaddr *)&address, sizeof(address)) == 0;
	umask(mask);
	if (*created_r && listen(wanted->fd, SOMAXCONN) == 0)
		return true;
	warn("socket %s can't be made", wanted->name);
	return false;
}

static bool
listeners_create_missing(struct listeners *listeners, const char *folder,
    uid_t owner)
{
	if (!listeners_open_folder(listeners, folder, owner) ||
	    !listeners_lock_folder(listeners, folder))
		return false;
	if (fchdir(listeners->folder) != 0) {
		warn("%s", folder);
		return false;
	}
	for (int i = 0; i < LISTENER_COUNT; i++)
		if (listeners->sockets[i].fd < 0 &&
		    !listener_create(&listeners->sockets[i],
		    &listeners->created[i]))
			return false;
	return true;
}

/* All of them, also those of the service manager: the worker's accept(2) must
 * not wait for a client that has gone meanwhile. */
static bool
listeners_set_nonblocking(const struct listeners *listeners)
{
	for (int i = 0; i < LISTENER_COUNT; i++) {
		int fd = listeners->sockets[i].fd;
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
			warn("socket %s", listeners->sockets[i].name);
			return false;
		}
	}
	return true;
}

static bool
listeners_obtain(struct listeners *listeners, const char *folder, uid_t owner)
{
	bool missing = false;

	if (!service_manager_sockets(listeners->sockets, LISTENER_COUNT))
		return false;
	for (int i = 0; i < LISTENER_COUNT; i++)
		missing = missing || listeners->sockets[i].fd < 0;
	if (missing && !listeners_create_missing(listeners, folder, owner))
		return false;
	return listeners_set_nonblocking(listeners);
}

bool
listeners_open(struct listeners *listeners_r, const char *folder,
    uid_t owner)
{
	*listeners_r = (struct listeners){
		.sockets = {
			[LISTENER_MUX] = { "mux", SOCK_STREAM, -1 },
			[LISTENER_BROKER] = { "broker", SOCK_SEQPACKET, -1 },
		},
		.folder = -1, .lock = -1,
	};
	if (listeners_obtain(listeners_r, folder, owner))
		return true;
	listeners_close(listeners_r);
	return false;
}

/* The lock file is not removed: while one process holds the lock of a removed
 * file, another one could create and lock a new file of that name. */
void
listeners_close(struct listeners *listeners)
{
	for (int i = 0; i < LISTENER_COUNT; i++) {
		if (listeners->created[i])
			(void)unlinkat(listeners->folder,
			    listeners->sockets[i].name, 0);
		if (listeners->sockets[i].fd >= 0)
			close(listeners->sockets[i].fd);
	}
	if (listeners->lock >= 0)
		close(listeners->lock);
	if (listeners->folder >= 0)
		close(listeners->folder);
}
