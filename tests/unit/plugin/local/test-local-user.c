/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/plugin/local/tcp-link.h"

#include <netinet/tcp.h>
#include <unistd.h>

static const struct route routes[] = {
	{ "IPv4", AF_INET, "127.0.0.1", AF_INET, NULL, "127.0.0.1" },
	{ "another address of the loopback", AF_INET, "0.0.0.0", AF_INET,
	    "127.0.0.2", "127.3.2.1" },
	{ "IPv6", AF_INET6, "::1", AF_INET6, NULL, "::1" },
	{ "an IPv6 client's mapped address", AF_INET, "127.0.0.1", AF_INET6,
	    NULL, "::ffff:127.0.0.1" },
	{ "an IPv6 server's mapped address", AF_INET6, "::", AF_INET, NULL,
	    "127.0.0.1" },
	{ "both of them mapped", AF_INET6, "::", AF_INET6, NULL,
	    "::ffff:127.0.0.1" },
};

static const char *
own_name(void)
{
	static struct local_user user;

	assert_true(local_user_name(&user, getuid(), "/etc/passwd"));
	return user.name;
}

static bool
find_without_netlink(const struct link *link)
{
	const char *name = own_name();
	pid_t pid = fork();

	if (pid == 0)
		_exit(refuse_netlink() && finds(link, getuid(), name) ? 0 : 1);
	return status_of(pid) == 0;
}

static void
finds_this_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(routes); i++) {
		struct link link;

		TITLE(routes[i].title);
		open_link(&link, &routes[i]);
		assert_true(finds(&link, getuid(), own_name()));
		assert_true(find_without_netlink(&link));
		close_link(&link);
	}
}

static void
assert_same_sight(const struct tcp_sight *a, const struct tcp_sight *b)
{
	assert_int_equal(a->count, 1);
	assert_int_equal(b->count, 1);
	assert_true(tcp_end_equal(&a->socket.here, &b->socket.here));
	assert_true(tcp_end_equal(&a->socket.there, &b->socket.there));
	assert_int_equal(a->socket.state, b->socket.state);
	assert_int_equal(a->socket.uid, b->socket.uid);
	assert_int_equal(a->socket.inode, b->socket.inode);
}

static void
both_ways_see_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(routes); i++) {
		struct link link;
		struct tcp_end server, client;
		struct tcp_view asked, scanned;
		int other;

		TITLE(routes[i].title);
		open_link(&link, &routes[i]);
		other = connect_to(routes[i].connect_family, NULL, 0,
		    routes[i].to, port_of(link.listener));
		assert_true(other >= 0);
		assert_true(tcp_end_parse(&server, link.local));
		assert_true(tcp_end_parse(&client, link.remote));
		assert_true(tcp_view_query(&asked, &server, &client));
		assert_true(scan(&scanned, &server, &client));
		assert_same_sight(&asked.server, &scanned.server);
		assert_same_sight(&asked.client, &scanned.client);
		close(other);
		close_link(&link);
	}
}

/* How the connection comes to its end, or isn't one. */
enum ending { CLIENT_CLOSES, CLIENT_HALF_CLOSES, CLIENT_RESETS,
	CLIENT_LEAVES_UNREAD, CLIENT_VANISHES, SERVER_CLOSES,
	SERVER_HALF_CLOSES, ENDINGS };

/* The server hears of the end only when it has read all that.  Until then an
 * orphan of uid 0 is at the other end of an established socket. */
static void
leave_unread(int fd)
{
	char octets[65536] = "";

	while (send(fd, octets, sizeof(octets), MSG_DONTWAIT) > 0)
		;
	close(fd);
}

/* Leaves the server in its belief; only root may.  It is how
 * processes are checkpointed. */
static void
vanish(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
	close(fd);
}

static void
end_link(struct link *link, enum ending ending)
{
	const struct linger at_once = { 1, 0 };

	if (ending == CLIENT_RESETS)
		setsockopt(link->client, SOL_SOCKET, SO_LINGER, &at_once,
		    sizeof(at_once));
	if (ending == CLIENT_HALF_CLOSES)
		shutdown(link->client, SHUT_WR);
	else if (ending == SERVER_HALF_CLOSES)
		shutdown(link->server, SHUT_WR);
	else if (ending == CLIENT_LEAVES_UNREAD)
		leave_unread(link->client);
	else if (ending == CLIENT_VANISHES)
		vanish(link->client);
	else
		close(ending == SERVER_CLOSES ? link->server : link->client);
}

static void
does_not_know_ended_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(routes); i++) {
		for (enum ending ending = 0; ending < ENDINGS; ending++) {
			struct link link;

			TITLE(routes[i].title);
			open_link(&link, &routes[i]);
			assert_int_equal(find(&link), REQUEST_LOCAL_ACCOUNT);
			end_link(&link, ending);
			assert_true(unknown_both_ways(&link));
			close_link(&link);
		}
	}
}

/* The client is there; what it is connected to is nobody's yet. */
static void
does_not_know_what_is_not_accepted(void **state)
{
	struct link link = { .listener = listen_at(AF_INET, "127.0.0.1", 0) };

	(void)state;
	link.server = -1;
	link.client = connect_to(AF_INET, NULL, 0, "127.0.0.1",
	    port_of(link.listener));
	assert_true(link.client >= 0);
	snprintf(link.local, sizeof(link.local), "127.0.0.1;%u",
	    port_of(link.listener));
	snprintf(link.remote, sizeof(link.remote), "127.0.0.1;%u",
	    port_of(link.client));
	assert_true(unknown_both_ways(&link));
	link.server = accept(link.listener, NULL, NULL);
	assert_int_equal(find(&link), REQUEST_LOCAL_ACCOUNT);
	close_link(&link);
}

static void
does_not_know_listeners(void **state)
{
	struct link link;
	int there = listen_at(AF_INET, "0.0.0.0", 0);

	(void)state;
	open_link(&link, &routes[0]);
	snprintf(link.remote, sizeof(link.remote), "127.0.0.1;%u",
	    port_of(there));
	assert_true(unknown_both_ways(&link));
	snprintf(link.remote, sizeof(link.remote), "192.0.2.1;%u",
	    port_of(there));
	assert_true(unknown_both_ways(&link));
	close(there);
	close_link(&link);
}

static void
does_not_know_a_bound_device(void **state)
{
	struct link link = { .listener = listen_at(AF_INET, "127.0.0.1", 0) };
	union address address;
	socklen_t length;

	(void)state;
	link.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	length = set_address(&address, AF_INET, "127.0.0.1",
	    port_of(link.listener));
	if (setsockopt(link.client, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0)
		skip();
	assert_int_equal(connect(link.client, &address.any, length), 0);
	accept_link(&link);
	assert_int_equal(find(&link), REQUEST_LOCAL_UNKNOWN);
	close_link(&link);
}

static void
does_not_know_bad_addresses(void **state)
{
	static const struct local_user none;
	struct local_user user;
	struct link link;

	(void)state;
	open_link(&link, &routes[0]);
	const struct {
		const char *local, *remote;
	} rows[] = {
		{ "", "" },
		{ link.local, "" },
		{ link.local, "127.0.0.1" },
		{ link.local, "127.0.0.1;" },
		{ link.local, "127.0.0.1;0" },
		{ link.local, "localhost;" },
		{ "127.0.0.1;0", link.remote },
		{ "127.0.0.1;5900x", link.remote },
		{ link.local, link.local },
		{ link.remote, link.remote },
		{ link.local, "::1;40000" },
		{ link.local, "::127.0.0.1;40000" },
		{ link.local, "192.0.2.1;40000" },	/* no such link */
		{ "192.0.2.2;5900", "192.0.2.1;40000" },
		{ "192.0.2.2;5900", link.remote },
		{ "2001:db8::1;5900", "2001:db8::2;40000" },
		{ "fe80::1%lo;5900", "fe80::2%lo;40000" },
		{ "224.0.0.1;5900", "255.255.255.255;40000" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].remote);
		memset(&user, 'x', sizeof(user));
		assert_int_equal(local_user_find(rows[i].local, rows[i].remote,
		    &user), REQUEST_LOCAL_UNKNOWN);
		assert_memory_equal(&user, &none, sizeof(user));
	}
	close_link(&link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_this_process),
		cmocka_unit_test(both_ways_see_the_same),
		cmocka_unit_test(does_not_know_ended_connections),
		cmocka_unit_test(does_not_know_what_is_not_accepted),
		cmocka_unit_test(does_not_know_listeners),
		cmocka_unit_test(does_not_know_a_bound_device),
		cmocka_unit_test(does_not_know_bad_addresses),
	};

	return cmocka_run_group_tests_name("local_user", tests, NULL, NULL);
}
