/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/local_user.h"

enum { TEXT_MAX = 96, NAMELESS_UID = 54321 };

/* A connection over loopback; the client's end may belong to another
 * process. */
struct connection {
	int listener, server, client;
	pid_t owner;			/* 0: this process */
	char local[TEXT_MAX], remote[TEXT_MAX];
};

static void
write_address(char out[TEXT_MAX], int fd,
    int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char host[64], port[8];

	assert_int_equal(get(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(getnameinfo((struct sockaddr *)&address, size, host,
	    sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV),
	    0);
	snprintf(out, TEXT_MAX, "%s;%s", host, port);
}

static int
connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* uid 0: this process is the client; else one of that account is. */
static void
open_connection(struct connection *c, const char *listen_at,
    const char *connect_at, uid_t uid)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_PASSIVE }, *found;
	const char *port;

	memset(c, 0, sizeof(*c));
	c->client = -1;
	assert_int_equal(getaddrinfo(listen_at, "0", &hints, &found), 0);
	c->listener = socket(found->ai_family, SOCK_STREAM, 0);
	assert_true(c->listener >= 0);
	assert_int_equal(bind(c->listener, found->ai_addr,
	    found->ai_addrlen), 0);
	assert_int_equal(listen(c->listener, 1), 0);
	freeaddrinfo(found);
	write_address(c->local, c->listener, getsockname);
	port = strrchr(c->local, ';') + 1;
	if (uid != 0)
		c->owner = fork();
	if (uid != 0 && c->owner == 0) {
		if (setgid(uid) != 0 || setuid(uid) != 0 ||
		    connect_to(connect_at, port) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	if (uid == 0)
		c->client = connect_to(connect_at, port);
	c->server = accept(c->listener, NULL, NULL);
	assert_true(c->server >= 0);
	write_address(c->local, c->server, getsockname);
	write_address(c->remote, c->server, getpeername);
}

static void
close_connection(struct connection *c)
{
	if (c->owner > 0) {
		kill(c->owner, SIGKILL);
		waitpid(c->owner, NULL, 0);
	}
	if (c->client >= 0)
		close(c->client);
	close(c->server);
	close(c->listener);
}

static void
my_name(char out[LOCAL_USER_MAX])
{
	const struct passwd *me = getpwuid(getuid());

	assert_non_null(me);
	snprintf(out, LOCAL_USER_MAX, "%s", me->pw_name);
}

static const struct {
	const char *listen_at, *connect_at;
} families[] = {
	{ "127.0.0.1", "127.0.0.1" },
	{ "0.0.0.0", "127.0.0.2" },
	{ "::1", "::1" },
	{ "::", "127.0.0.1" },			/* a server that sees ::ffff: */
	{ "127.0.0.1", "::ffff:127.0.0.1" },	/* a client that does */
	{ "::", "::ffff:127.0.0.1" },
};

static void
finds_owner(void **state)
{
	char me[LOCAL_USER_MAX];
	struct local_user user;

	(void)state;
	my_name(me);
	for (size_t i = 0; i < COUNT(families); i++) {
		struct connection c;

		open_connection(&c, families[i].listen_at,
		    families[i].connect_at, 0);
		TITLE(c.remote);
		assert_int_equal(local_user_find(c.local, c.remote, &user),
		    LOCAL_ACCOUNT);
		assert_string_equal(user.name, me);
		close_connection(&c);
	}
}

static void
finds_other_accounts(void **state)
{
	const struct passwd *account = getpwnam("daemon");
	struct local_user user;
	struct connection c;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_non_null(account);
	open_connection(&c, "127.0.0.1", "127.0.0.1", account->pw_uid);
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_ACCOUNT);
	assert_string_equal(user.name, "daemon");
	assert_int_equal(strtoul(user.number, NULL, 10), account->pw_uid);
	close_connection(&c);
	assert_null(getpwuid(NAMELESS_UID));
	open_connection(&c, "::1", "::1", NAMELESS_UID);
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_ACCOUNT);
	assert_string_equal(user.name, "54321");
	assert_string_equal(user.number, "54321");
	close_connection(&c);
	/* what user namespaces show of accounts that are not theirs */
	open_connection(&c, "127.0.0.1", "127.0.0.1", 65534);
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_UNKNOWN);
	close_connection(&c);
}

/* Nobody becomes root by going away. */
static void
forgets_who_leaves(void **state)
{
	struct local_user user;
	struct connection c;

	(void)state;
	open_connection(&c, "127.0.0.1", "127.0.0.1", 0);
	assert_int_equal(shutdown(c.client, SHUT_WR), 0);
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_UNKNOWN);
	assert_string_equal(user.name, "");
	close(c.client);
	c.client = -1;
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_UNKNOWN);
	close(c.server);	/* the client's end waits, the port may come back */
	assert_int_equal(local_user_find(c.local, c.remote, &user),
	    LOCAL_UNKNOWN);
	c.server = -1;
	close_connection(&c);
}

static void
knows_no_listener(void **state)
{
	char other[TEXT_MAX];
	struct local_user user;
	struct connection c;

	(void)state;
	open_connection(&c, "127.0.0.1", "127.0.0.1", 0);
	snprintf(other, sizeof(other), "127.0.0.1;1");
	/* the server's own port as the client's: a socket listens there */
	assert_int_equal(local_user_find(other, c.local, &user),
	    LOCAL_UNKNOWN);
	assert_int_equal(local_user_find(c.local, other, &user),
	    LOCAL_UNKNOWN);
	/* the ends swapped are the server's socket, on this host, too */
	assert_int_equal(local_user_find(c.remote, c.local, &user),
	    LOCAL_ACCOUNT);
	close_connection(&c);
}

static void
knows_strangers(void **state)
{
	static const char *const remotes[] = { "192.0.2.7;4711",
	    "2001:db8::7;4711", "::ffff:192.0.2.7;4711" };
	static const char *const locals[] = { "192.0.2.1;5900",
	    "2001:db8::1;5900", "::ffff:192.0.2.1;5900" };
	struct local_user user;

	(void)state;
	for (size_t i = 0; i < COUNT(remotes); i++) {
		TITLE(remotes[i]);
		assert_int_equal(local_user_find(locals[i], remotes[i], &user),
		    LOCAL_REMOTE);
		assert_string_equal(user.name, "");
	}
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = { "", ";", "127.0.0.1", "127.0.0.1;",
	    "127.0.0.1;0", "127.0.0.1;65536", "127.0.0.1;-1", "127.0.0.1;+1",
	    "127.0.0.1;1x", "127.0.0.1; 1", "localhost;1", ";1", "127.0.0;1",
	    "::g;1", "::1%nosuchif;1", "%lo;1", "127.0.0.1;99999999999999999999",
	    ("1234567890123456789012345678901234567890123456789012345678901234"
	    "5678901234567890;1") };
	struct local_user user;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		TITLE(bad[i]);
		assert_int_equal(local_user_find("127.0.0.1;5900", bad[i],
		    &user), LOCAL_UNKNOWN);
		assert_int_equal(local_user_find(bad[i], "127.0.0.1;5900",
		    &user), LOCAL_UNKNOWN);
	}
	assert_int_equal(local_user_find("127.0.0.1;1", "::1;1", &user),
	    LOCAL_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_owner),
		cmocka_unit_test(finds_other_accounts),
		cmocka_unit_test(forgets_who_leaves),
		cmocka_unit_test(knows_no_listener),
		cmocka_unit_test(knows_strangers),
		cmocka_unit_test(refuses_what_is_no_address),
	};

	return cmocka_run_group_tests_name("local-user", tests, NULL, NULL);
}
