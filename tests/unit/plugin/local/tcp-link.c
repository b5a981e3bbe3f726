/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/plugin/local/tcp-link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { TRIES = 200 };

socklen_t
set_address(union address *address, int family, const char *ip, uint16_t port)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		address->in.sin_port = htons(port);
		assert_int_equal(inet_pton(family, ip, &address->in.sin_addr),
		    1);
		return sizeof(address->in);
	}
	address->in6.sin6_port = htons(port);
	assert_int_equal(inet_pton(family, ip, &address->in6.sin6_addr), 1);
	return sizeof(address->in6);
}

uint16_t
port_of(int fd)
{
	union address address = { 0 };
	socklen_t length = sizeof(address);

	assert_int_equal(getsockname(fd, &address.any, &length), 0);
	return ntohs(address.in.sin_port);	/* at the same place in both */
}

static void
as_text(const union address *address, socklen_t length, char out[128])
{
	char host[100], port[8];

	assert_int_equal(getnameinfo(&address->any, length, host, sizeof(host),
	    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV), 0);
	snprintf(out, 128, "%s;%s", host, port);
}

int
listen_at(int family, const char *ip, uint16_t port)
{
	const int on = 1, off = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union address address;
	socklen_t length = set_address(&address, family, ip, port);

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, &address.any, length), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Also used by children, which can't assert. */
int
connect_to(int family, const char *from, uint16_t from_port, const char *to,
    uint16_t port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union address address;
	socklen_t length;

	if (from != NULL) {
		length = set_address(&address, family, from, from_port);
		if (bind(fd, &address.any, length) != 0)
			_exit(2);
	}
	length = set_address(&address, family, to, port);
	return connect(fd, &address.any, length) == 0 ? fd : -1;
}

void
accept_link(struct link *link)
{
	union address address;
	socklen_t length = sizeof(address);

	link->server = accept(link->listener, &address.any, &length);
	assert_true(link->server >= 0);
	as_text(&address, length, link->remote);
	length = sizeof(address);
	assert_int_equal(getsockname(link->server, &address.any, &length), 0);
	as_text(&address, length, link->local);
}

void
open_link(struct link *link, const struct route *route)
{
	link->listener = listen_at(route->listen_family, route->listen, 0);
	link->client = connect_to(route->connect_family, route->from, 0,
	    route->to, port_of(link->listener));
	assert_true(link->client >= 0);
	accept_link(link);
}

void
close_link(struct link *link)
{
	close(link->listener);
	close(link->server);
	close(link->client);
}

/* Whether what began then may have come to its limit. */
static bool
may_have_given_up(int64_t begun, int tries)
{
	return clock_monotonic_ms() - begun > TCP_VIEW_SCAN_MS &&
	    tries < TRIES;
}

static enum request_local
find_user(const struct link *link, struct local_user *user_r)
{
	enum request_local found;
	int64_t begun;
	int tries = 0;

	do {
		begun = clock_monotonic_ms();
		found = local_user_find(link->local, link->remote, user_r);
	} while (found == REQUEST_LOCAL_UNKNOWN &&
	    may_have_given_up(begun, ++tries));
	return found;
}

enum request_local
find(const struct link *link)
{
	struct local_user user;

	return find_user(link, &user);
}

bool
scan(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	int64_t begun;
	int tries = 0;
	bool done;

	do {
		begun = clock_monotonic_ms();
		done = tcp_view_scan(view_r, server, client);
	} while (!done && may_have_given_up(begun, ++tries));
	return done;
}

bool
finds(const struct link *link, uid_t uid, const char *name)
{
	struct local_user user;
	char number[LOCAL_NUMBER_MAX];

	snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	return find_user(link, &user) == REQUEST_LOCAL_ACCOUNT &&
	    strcmp(user.number, number) == 0 &&
	    strcmp(user.name, name) == 0;
}

bool
refuse_netlink(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
	    socket(AF_NETLINK, SOCK_RAW, 0) < 0;
}

int
status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool
unknown_both_ways(const struct link *link)
{
	pid_t pid;

	if (find(link) != REQUEST_LOCAL_UNKNOWN)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(refuse_netlink() &&
		    find(link) == REQUEST_LOCAL_UNKNOWN ? 0 : 1);
	return status_of(pid) == 0;
}
