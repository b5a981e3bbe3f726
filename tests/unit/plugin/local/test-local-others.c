/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Clients of other accounts, namespaces and hosts, and what accounts are
 * called. */

#include "tests/unit/plugin/local/tcp-link.h"

#include <sched.h>
#include <unistd.h>

enum { NAMELESS_UID = 54321, OVERFLOW_UID = 65534 };

static const struct route loopback = { "IPv4", AF_INET, "127.0.0.1", AF_INET,
	NULL, "127.0.0.1" };

/* Connects as uid, and stays until hold is closed. */
static pid_t
connect_as(uid_t uid, uint16_t port, int hold[2])
{
	pid_t pid = fork();
	char octet;

	if (pid != 0)
		return pid;
	close(hold[1]);
	if (setresuid(uid, uid, uid) != 0 ||
	    connect_to(AF_INET, NULL, 0, "127.0.0.1", port) < 0)
		_exit(1);
	_exit(read(hold[0], &octet, 1) == 0 ? 0 : 1);
}

static void
finds_other_accounts(void **state)
{
	static const struct {
		uid_t uid;
		const char *name;	/* NULL: unknown */
	} rows[] = {
		{ 0, "root" },
		{ 1, "daemon" },
		{ NAMELESS_UID, "54321" },
		{ OVERFLOW_UID, NULL },
	};

	(void)state;
	if (getuid() != 0)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct link link = {
		    .listener = listen_at(AF_INET, "127.0.0.1", 0) };
		int hold[2];
		pid_t pid;

		TITLE(rows[i].name != NULL ? rows[i].name : "nobody");
		assert_int_equal(pipe(hold), 0);
		pid = connect_as(rows[i].uid, port_of(link.listener), hold);
		close(hold[0]);
		accept_link(&link);
		if (rows[i].name != NULL)
			assert_true(finds(&link, rows[i].uid, rows[i].name));
		else
			assert_true(unknown_both_ways(&link));
		close(hold[1]);
		assert_int_equal(status_of(pid), 0);
		assert_true(unknown_both_ways(&link));
		close(link.server);
		close(link.listener);
	}
}

/* As QEMU is: it asks about others without any privilege. */
static void
needs_no_privilege(void **state)
{
	struct link link;
	pid_t pid;

	(void)state;
	if (getuid() != 0)
		skip();
	open_link(&link, &loopback);
	pid = fork();
	if (pid == 0)
		_exit(setresuid(1, 1, 1) == 0 && finds(&link, 0, "root") &&
		    refuse_netlink() && finds(&link, 0, "root") ? 0 : 1);
	assert_int_equal(status_of(pid), 0);
	close_link(&link);
}

/* In a user namespace that knows nobody, everybody is the overflow uid. */
static void
does_not_know_strangers_in_a_user_namespace(void **state)
{
	struct link link;
	pid_t pid;
	int status;

	(void)state;
	open_link(&link, &loopback);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) != 0)
			_exit(77);
		_exit(find(&link) == REQUEST_LOCAL_UNKNOWN &&
		    refuse_netlink() &&
		    find(&link) == REQUEST_LOCAL_UNKNOWN ? 0 : 1);
	}
	status = status_of(pid);
	close_link(&link);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* The same connection's text in a namespace that hasn't got it. */
static void
does_not_know_another_network_namespace(void **state)
{
	struct link link;
	pid_t pid;
	int status;

	(void)state;
	open_link(&link, &loopback);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) != 0)
			_exit(77);
		_exit(find(&link) == REQUEST_LOCAL_UNKNOWN &&
		    refuse_netlink() &&
		    find(&link) == REQUEST_LOCAL_UNKNOWN ? 0 : 1);
	}
	status = status_of(pid);
	close_link(&link);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* Waits to be told that both ends of the cable are there, then connects from
 * a port at which the server's host listens, too. */
static void
be_remote(int told)
{
	char octet;

	if (unshare(CLONE_NEWNET) != 0 || write(told, "", 1) != 1 ||
	    read(told, &octet, 1) != 1 ||
	    system("ip address add 192.0.2.2/24 dev far0 && "
	    "ip -6 address add 2001:db8::2/64 dev far0 nodad && "
	    "ip link set far0 up") != 0 ||
	    connect_to(AF_INET, "192.0.2.2", 4242, "192.0.2.1", 5900) < 0 ||
	    connect_to(AF_INET6, NULL, 0, "2001:db8::1", 5900) < 0)
		_exit(1);
	_exit(read(told, &octet, 1) == 0 ? 0 : 1);
}

static bool
lay_cable(pid_t pid, int told)
{
	char octet, command[256];

	snprintf(command, sizeof(command),
	    "ip link add near0 type veth peer name far0 netns %d && "
	    "ip address add 192.0.2.1/24 dev near0 && "
	    "ip -6 address add 2001:db8::1/64 dev near0 nodad && "
	    "ip link set lo up && ip link set near0 up", (int)pid);
	return read(told, &octet, 1) == 1 && system(command) == 0 &&
	    write(told, "", 1) == 1;
}

/* Lets everybody bind to every address, or not, as far as /proc lets us. */
static void
let_bind(bool any)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_nonlocal_bind", "w");

	if (file == NULL)
		return;
	fprintf(file, "%d\n", any);
	fclose(file);
}

static bool
remote_where_all_can_be_bound(const struct link *four)
{
	bool remote;

	let_bind(true);
	remote = find(four) == REQUEST_LOCAL_REMOTE;
	let_bind(false);
	return remote;
}

static bool
remote_both_ways(const struct link *four, const struct link *six)
{
	return find(four) == REQUEST_LOCAL_REMOTE &&
	    find(six) == REQUEST_LOCAL_REMOTE && refuse_netlink() &&
	    find(four) == REQUEST_LOCAL_REMOTE &&
	    find(six) == REQUEST_LOCAL_REMOTE;
}

/* Of the server's host itself, at the address that others reach it by. */
static bool
local_at_that_address(void)
{
	struct link link = { .listener = listen_at(AF_INET, "192.0.2.1", 0) };
	bool found;

	link.client = connect_to(AF_INET, NULL, 0, "192.0.2.1",
	    port_of(link.listener));
	accept_link(&link);
	found = finds(&link, 0, "root");
	close(link.client);
	return found && find(&link) == REQUEST_LOCAL_UNKNOWN;
}

static int
be_host(void)
{
	struct link four, six;
	int pair[2];
	pid_t pid;

	if (unshare(CLONE_NEWNET) != 0)
		return 77;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		be_remote(pair[1]);
	}
	close(pair[1]);
	four.listener = six.listener = listen_at(AF_INET6, "::", 5900);
	listen_at(AF_INET, "0.0.0.0", 4242);
	if (!lay_cable(pid, pair[0]))
		return 2;
	accept_link(&four);
	accept_link(&six);
	if (!local_at_that_address() || !remote_where_all_can_be_bound(&four) ||
	    !remote_both_ways(&four, &six))
		return 3;
	close(pair[0]);
	return status_of(pid);
}

static void
tells_remote_clients(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (getuid() != 0)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(be_host());
	status = status_of(pid);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static const char passwd_text[] =
	"+@netgroup::::::\n"
	"-mallory\n"
	"+\n"
	"root:x:0:0:root:/root:/bin/bash\n"
	"toor:x:0:0:root:/root:/bin/bash\n"
	"# comment\n"
	"\n"
	"broken:x\n"
	"broken:x:many:1:::\n"
	"alice:x:1001:1001:Alice:/home/alice:/bin/sh\n"
	"1002:x:1003:1003::/:/bin/sh\n"
	"1004:x:1004:1004::/:/bin/sh\n"
	"late:x:1004:1004::/:/bin/sh\n"
	"last:x:1005:1005::/:/bin/sh";

static const struct {
	uid_t uid;
	const char *name;
} accounts[] = {
	{ 0, "root" }, { 1001, "alice" }, { 1002, "1002" }, { 1003, "1003" },
	{ 1004, "late" }, { 1005, "last" }, { 1, "1" },
	{ 4294967294U, "4294967294" },
};

/* Makes a file with this text, whose path is in path. */
static void
write_passwd(char path[64], const char *text)
{
	FILE *file;

	strcpy(path, "/tmp/vmauthz-passwd.XXXXXX");
	file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
names_accounts(void **state)
{
	struct local_user user;
	char path[64];

	(void)state;
	write_passwd(path, passwd_text);
	for (size_t i = 0; i < COUNT(accounts); i++) {
		TITLE(accounts[i].name);
		assert_true(local_user_name(&user, accounts[i].uid, path));
		assert_string_equal(user.name, accounts[i].name);
		assert_int_equal(strtoul(user.number, NULL, 10),
		    accounts[i].uid);
	}
	unlink(path);
}

/* Rather no name than a number in its place. */
static void
does_not_guess_names(void **state)
{
	struct local_user user = { .name = "untouched" };
	char path[64], line[8192];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	write_passwd(path, line);
	assert_false(local_user_name(&user, 0, path));
	unlink(path);
	assert_false(local_user_name(&user, 0, path));
	assert_false(local_user_name(&user, 0, "/"));
	assert_string_equal(user.name, "untouched");
}

static void
does_not_cut_names(void **state)
{
	struct local_user user;
	char path[64], text[1024];

	(void)state;
	snprintf(text, sizeof(text), "a%0*d:x:2:2:::\na%0*d:x:3:3:::\n",
	    LOCAL_USER_MAX - 2, 0, LOCAL_USER_MAX - 1, 0);
	write_passwd(path, text);
	assert_true(local_user_name(&user, 2, path));
	assert_int_equal(strlen(user.name), LOCAL_USER_MAX - 1);
	assert_true(local_user_name(&user, 3, path));
	assert_string_equal(user.name, "3");
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_other_accounts),
		cmocka_unit_test(needs_no_privilege),
		cmocka_unit_test(does_not_know_strangers_in_a_user_namespace),
		cmocka_unit_test(does_not_know_another_network_namespace),
		cmocka_unit_test(tells_remote_clients),
		cmocka_unit_test(names_accounts),
		cmocka_unit_test(does_not_guess_names),
		cmocka_unit_test(does_not_cut_names),
	};

	return cmocka_run_group_tests_name("local_others", tests, NULL, NULL);
}
