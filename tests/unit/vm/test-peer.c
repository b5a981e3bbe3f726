/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/config/config.h"
#include "vm/peer.h"
#include "tests/unit/unit.h"

enum { UID = 12345, GID = 54321 };

/* --- sockets and children ------------------------------------------------ */

/* One of an abstract name, of which the kernel chooses one. */
static int
listen_at(struct sockaddr_un *at_r, socklen_t *size_r)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	*at_r = (struct sockaddr_un){ .sun_family = AF_UNIX };
	assert_int_equal(bind(fd, (struct sockaddr *)at_r,
	    sizeof(at_r->sun_family)), 0);
	*size_r = sizeof(*at_r);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at_r, size_r), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

struct client {
	pid_t pid;
	int socket;	/* this end of its connection */
	int leash;	/* closing it ends the child */
};

static void
be_client(const struct sockaddr_un *at, socklen_t size, int leash,
    const char *name, bool drop)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char c;

	alarm(20);
	prctl(PR_SET_NAME, name);
	if ((drop && (setgid(GID) != 0 || setuid(UID) != 0)) || fd < 0 ||
	    connect(fd, (const struct sockaddr *)at, size) != 0)
		_exit(1);
	while (read(leash, &c, 1) < 0)
		;
	_exit(0);
}

static struct client
start_client(const char *name, bool drop)
{
	struct sockaddr_un at;
	socklen_t size;
	int listener = listen_at(&at, &size), leash[2];
	struct client client;

	assert_int_equal(pipe(leash), 0);
	client.pid = fork();
	assert_true(client.pid >= 0);
	if (client.pid == 0) {
		close(leash[1]);
		be_client(&at, size, leash[0], name, drop);
	}
	close(leash[0]);
	client.leash = leash[1];
	client.socket = accept(listener, NULL, NULL);
	assert_true(client.socket >= 0);
	close(listener);
	return client;
}

/* Waits until it is a zombie, with reap: until it is none either. */
static void
end_client(struct client *client, bool reap)
{
	siginfo_t info;

	if (client->leash >= 0)
		close(client->leash);
	client->leash = -1;
	assert_int_equal(waitid(P_PID, (id_t)client->pid, &info,
	    WEXITED | (reap ? 0 : WNOWAIT)), 0);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(info.si_status, 0);
}

static void
assert_cleared(const struct peer *peer)
{
	assert_int_equal(peer->pid, 0);
	assert_int_equal(peer->uid, 0);
	assert_int_equal(peer->gid, 0);
	assert_int_equal(peer->pidfd, -1);
	assert_true(peer->start == 0);
}

static void
refuses(int socket)
{
	struct peer peer;

	memset(&peer, 'x', sizeof(peer));
	assert_int_equal(peer_open(&peer, socket), ERROR_ACCESS);
	assert_cleared(&peer);
	assert_false(peer_alive(&peer));
}

static uint64_t
ticks_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * (uint64_t)sysconf(_SC_CLK_TCK) +
	    (uint64_t)now.tv_nsec * (uint64_t)sysconf(_SC_CLK_TCK) /
	    1000000000;
}

/* --- who it is ----------------------------------------------------------- */

static void
test_self(void **state)
{
	struct peer peer;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peer_open(&peer, pair[0]), ERROR_NONE);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_true(peer.start != 0 && peer.start <= ticks_now());
	assert_true(peer.pidfd > STDERR_FILENO);
	assert_true(fcntl(peer.pidfd, F_GETFD) & FD_CLOEXEC);
	assert_true(peer_alive(&peer));
	assert_true(peer_process_lives(peer.pid, peer.start));
	peer_close(&peer);
	assert_cleared(&peer);
	assert_false(peer_alive(&peer));
	peer_close(&peer);
	close(pair[0]);
	close(pair[1]);
}

/* A process chooses its name: none may pass for the fields behind it. */
static void
test_child(void **state)
{
	static const char *const names[] = {
		"qemu", ") 0 0 0", "a b c d e f g", ")) S 1 1 (", "(", "x\ny",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		uint64_t before = ticks_now();
		struct client client = start_client(names[i], false);
		struct peer peer;

		TITLE(names[i]);
		assert_int_equal(peer_open(&peer, client.socket), ERROR_NONE);
		assert_int_equal(peer.pid, client.pid);
		assert_true(peer.start >= before && peer.start <= ticks_now());
		assert_true(peer_alive(&peer));
		assert_true(peer_process_lives(peer.pid, peer.start));
		assert_false(peer_process_lives(peer.pid, peer.start + 1));
		assert_false(peer_process_lives(peer.pid, peer.start - 1));
		end_client(&client, true);
		assert_false(peer_alive(&peer));
		assert_false(peer_process_lives(peer.pid, peer.start));
		peer_close(&peer);
		close(client.socket);
	}
}

static void
test_other_account(void **state)
{
	struct client client;
	struct peer peer;

	(void)state;
	if (geteuid() != 0)
		skip();
	client = start_client("qemu", true);
	assert_int_equal(peer_open(&peer, client.socket), ERROR_NONE);
	assert_int_equal(peer.uid, UID);
	assert_int_equal(peer.gid, GID);
	end_client(&client, true);
	peer_close(&peer);
	close(client.socket);
}

/* It has connected and is gone: a zombie, then not even that. */
static void
test_gone(void **state)
{
	struct client client = start_client("qemu", false);

	(void)state;
	end_client(&client, false);
	refuses(client.socket);
	end_client(&client, true);
	refuses(client.socket);
	close(client.socket);
}

/* A zombie has its number still; alive it isn't. */
static void
test_zombie(void **state)
{
	struct client client = start_client("qemu", false);
	struct peer peer;

	(void)state;
	assert_int_equal(peer_open(&peer, client.socket), ERROR_NONE);
	end_client(&client, false);
	assert_false(peer_alive(&peer));
	end_client(&client, true);
	peer_close(&peer);
	close(client.socket);
}

static void
test_no_peer(void **state)
{
	int fds[2], unconnected;

	(void)state;
	refuses(-1);
	assert_int_equal(pipe(fds), 0);
	refuses(fds[0]);
	close(fds[0]);
	close(fds[1]);
	unconnected = socket(AF_UNIX, SOCK_STREAM, 0);
	refuses(unconnected);
	close(unconnected);
	unconnected = socket(AF_INET, SOCK_STREAM, 0);
	if (unconnected >= 0) {
		refuses(unconnected);
		close(unconnected);
	}
}

static void
test_process_lives(void **state)
{
	(void)state;
	/* a start that couldn't be read is nobody's */
	assert_false(peer_process_lives(getpid(), 0));
	assert_false(peer_process_lives(getpid(), 1));
	assert_false(peer_process_lives(getpid(), UINT64_MAX));
	assert_false(peer_process_lives(0, 1));
	assert_false(peer_process_lives(0, 0));
	assert_false(peer_process_lives(-1, 0));
	assert_false(peer_process_lives(INT_MAX, 0));
	assert_false(peer_process_lives(INT_MAX, 1));
}

/* --- who may ------------------------------------------------------------- */

static void
test_roles(void **state)
{
	static const struct config nobody;
	static const struct config some = {
		.users = { 7, 8, 9 }, .user_count = 2,
		.groups = { 20, 21, 22 }, .group_count = 2,
		.operators = { 0, 30, 31 }, .operator_count = 2,
	};
	static const struct {
		uid_t uid;
		gid_t gid;
		bool user, operator;
	} rows[] = {
		{ 7, 1, true, false }, { 8, 1, true, false },
		{ 1, 20, true, false }, { 1, 21, true, false },
		{ 30, 20, true, true }, { 0, 0, false, true },
		{ 30, 1, false, true },
		/* behind the counts */
		{ 9, 1, false, false }, { 1, 22, false, false },
		{ 31, 1, false, false },
		/* a group's number is no user's, nor the other way round */
		{ 20, 7, false, false }, { 21, 8, false, false },
		{ 1, 30, false, false }, { 1, 0, false, false },
		{ (uid_t)-1, (gid_t)-1, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct peer peer = {
			.pid = 1, .uid = rows[i].uid, .gid = rows[i].gid,
			.pidfd = -1,
		};

		assert_int_equal(config_is_user(&some, peer.uid, peer.gid),
		    rows[i].user);
		assert_int_equal(config_is_operator(&some, peer.uid),
		    rows[i].operator);
		assert_false(config_is_user(&nobody, peer.uid, peer.gid));
		assert_false(config_is_operator(&nobody, peer.uid));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_other_account),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_zombie),
		cmocka_unit_test(test_no_peer),
		cmocka_unit_test(test_process_lives),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
