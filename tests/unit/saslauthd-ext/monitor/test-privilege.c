/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What is left to a process that gave its privileges up; each try is in a
 * child. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "saslauthd-ext/monitor/privilege.h"
#include "saslauthd-ext/worker/seccomp.h"

enum { NOBODY = 65534 };

/* What a child ends with. */
enum { DONE = 0, DENIED = 40, OTHER = 41 };

static int
run_child(void (*prepare)(void), int (*attempt)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		prepare();
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
expect_exit(int status, int wanted)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), wanted);
}

/* EPERM, and nothing else. */
static int
denied(long result)
{
	return result != -1 ? DONE : errno == EPERM ? DENIED : OTHER;
}

/* --- the filter ---------------------------------------------------------- */

static int
run_program(void)
{
	return denied(execl("/bin/true", "true", (char *)NULL));
}

static int
trace(void)
{
	return denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
read_another(void)
{
	char octet;
	struct iovec here = { &octet, 1 }, there = { &octet, 1 };

	return denied(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int
use_io_uring(void)
{
	return denied(syscall(SYS_io_uring_setup, 1, NULL));
}

static int
mount_something(void)
{
	return denied(syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL));
}

static int (*const deadly[])(void) = {
	run_program, trace, read_another, use_io_uring, mount_something,
};

static int
open_network(void)
{
	return denied(socket(AF_INET, SOCK_STREAM, 0));
}

static int
map_code(void)
{
	return denied(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

static int
fork_again(void)
{
	return denied(fork());
}

static int
signal_another(void)
{
	return denied(kill(getppid(), 0));
}

static int
change_mode(void)
{
	return denied(chmod("/tmp", 0777));
}

static int (*const refused[])(void) = {
	open_network, map_code, fork_again, signal_another, change_mode,
};

static void
kills_who_does_what_no_slip_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deadly); i++) {
		int status = run_child(seccomp_install, deadly[i]);

		fprintf(stderr, "# deadly %zu\n", i);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void
refuses_the_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		fprintf(stderr, "# refused %zu\n", i);
		expect_exit(run_child(seccomp_install, refused[i]), DENIED);
	}
}

static void *
open_network_in_a_thread(void *context)
{
	int *go = context, result;
	char octet;

	if (read(*go, &octet, 1) != 1)
		return (void *)(uintptr_t)OTHER;
	result = open_network();
	return (void *)(uintptr_t)result;
}

static int pipe_fds[2];
static pthread_t thread;

static void
filter_with_a_thread(void)
{
	if (pipe(pipe_fds) != 0 || pthread_create(&thread, NULL,
	    open_network_in_a_thread, &pipe_fds[0]) != 0)
		_exit(OTHER);
	seccomp_install();
}

static int
ask_the_thread(void)
{
	void *result;

	if (write(pipe_fds[1], "x", 1) != 1 ||
	    pthread_join(thread, &result) != 0)
		return OTHER;
	return (int)(uintptr_t)result;
}

static void
counts_for_threads_that_run_already(void **state)
{
	(void)state;
	expect_exit(run_child(filter_with_a_thread, ask_the_thread), DENIED);
}

static void *
do_nothing(void *context)
{
	return context;
}

static int
do_the_work(void)
{
	char path[] = "/tmp/vmauthz-privilege.XXXXXX", octet;
	int fd = mkstemp(path), epoll = epoll_create1(EPOLL_CLOEXEC);
	sqlite3 *handle;
	pthread_t other;
	bool done;

	done = fd >= 0 && epoll >= 0 && getrandom(&octet, 1, 0) == 1 &&
	    pthread_create(&other, NULL, do_nothing, NULL) == 0 &&
	    pthread_join(other, NULL) == 0 &&
	    sqlite3_open(path, &handle) == SQLITE_OK &&
	    sqlite3_exec(handle, "PRAGMA journal_mode = WAL; CREATE TABLE t(x);"
	    "INSERT INTO t VALUES(1); PRAGMA wal_checkpoint", NULL, NULL,
	    NULL) == SQLITE_OK && sqlite3_close(handle) == SQLITE_OK &&
	    open("/proc/self/stat", O_RDONLY) >= 0;
	unlink(path);
	return done ? DONE : OTHER;
}

static void
leaves_what_the_worker_does(void **state)
{
	(void)state;
	expect_exit(run_child(seccomp_install, do_the_work), DONE);
}

/* --- the account, as root alone ------------------------------------------ */

static void
drop(void)
{
	privilege_drop(NOBODY, NOBODY);
}

static int
come_back(void)
{
	if (getuid() != NOBODY || geteuid() != NOBODY || getgid() != NOBODY ||
	    getgroups(0, NULL) != 0)
		return OTHER;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
	    setresuid(-1, 0, 0) == 0)
		return DONE;
	for (int i = 0; i < 41; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0)
			return OTHER;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? DENIED : OTHER;
}

static int
read_shadow(void)
{
	return open("/etc/shadow", O_RDONLY) >= 0 ? DONE :
	    errno == EACCES ? DENIED : OTHER;
}

static void
drop_to_root(void)
{
	privilege_drop(0, 0);
}

static int
live_on(void)
{
	return DONE;
}

static void
leaves_no_way_back(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	expect_exit(run_child(drop, come_back), DENIED);
	expect_exit(run_child(drop, read_shadow), DENIED);
}

static void
does_not_go_on_as_root(void **state)
{
	int status;

	(void)state;
	status = run_child(drop_to_root, live_on);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kills_who_does_what_no_slip_does),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(counts_for_threads_that_run_already),
		cmocka_unit_test(leaves_what_the_worker_does),
		cmocka_unit_test(leaves_no_way_back),
		cmocka_unit_test(does_not_go_on_as_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
