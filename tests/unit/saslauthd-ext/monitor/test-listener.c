/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* How the daemon gets its sockets, each time in a process of its own: working
 * directory, mask and descriptors are changed by it. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "saslauthd-ext/monitor/listener.h"

enum { SAID_MAX = 1024, FIRST_FD = 3 };

static char top[] = "/tmp/vmauthz-listener.XXXXXX";
static char folder[64];		/* in it, of the sockets */

/* --- paths --------------------------------------------------------------- */

/* A file of the folder; lasts until the fourth call after it. */
static const char *
in_folder(const char *name)
{
	static char paths[4][PATH_MAX];
	static size_t next;
	char *path = paths[next++ % COUNT(paths)];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & (S_IFMT | 07777);
}

static void
write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	umask(022);
	strcpy(strchr(top, '.'), ".XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s/run", top);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const files[] = { "mux", "broker", "vmauthzd.lock" };
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(in_folder(files[i]));
	if (rmdir(folder) != 0)
		unlink(folder);
	snprintf(path, sizeof(path), "%s/elsewhere", top);
	if (rmdir(path) != 0)
		unlink(path);
	return rmdir(top);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* --- sockets of the test's own ------------------------------------------- */

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_true(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	return address;
}

static int
make_socket(const char *path, int type)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* 0, or the error that connecting ran into. */
static int
try_connect(const char *path, int type)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int error = connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0 ? 0 : errno;

	close(fd);
	return error;
}

/* --- a daemon ------------------------------------------------------------ */

/* What the service manager hands to it. */
struct handed {
	const char *names;		/* NULL: nothing */
	int fds[3];
	int count;
};

struct daemon_process {
	pid_t pid;
	int hold;			/* it goes when this is closed */
	bool opened;
	char said[SAID_MAX];
};

/* Copies first: one may be where another has to go. */
static void
set_handed(const struct handed *handed)
{
	char number[16];
	int copies[3];

	for (int i = 0; i < handed->count; i++)
		copies[i] = fcntl(handed->fds[i], F_DUPFD, 20);
	for (int i = 0; i < handed->count; i++)
		dup2(copies[i], FIRST_FD + i);
	snprintf(number, sizeof(number), "%d", handed->count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", handed->names, 1);
	snprintf(number, sizeof(number), "%ld", (long)getpid());
	setenv("LISTEN_PID", number, 1);
}

static void
be_daemon(const struct handed *handed, uid_t owner, int report, int hold)
{
	struct listeners listeners;
	char byte;

	dup2(report, STDERR_FILENO);
	close(report);
	hold = fcntl(hold, F_DUPFD, 10);	/* where nothing is handed to */
	if (handed->names != NULL)
		set_handed(handed);
	if (!listeners_open(&listeners, folder, owner))
		_exit(1);
	for (int i = 0; i < LISTENER_COUNT; i++)
		if ((fcntl(listeners.sockets[i].fd, F_GETFL) & O_NONBLOCK) ==
		    0 || fcntl(listeners.sockets[i].fd, F_GETFD) != FD_CLOEXEC)
			_exit(2);
	close(STDERR_FILENO);		/* which says that all is there */
	if (read(hold, &byte, 1) != 0)
		_exit(3);
	listeners_close(&listeners);
	_exit(0);
}

/* Returns when the sockets are there, or can't be had. */
static struct daemon_process
start_with(const struct handed *handed, uid_t owner)
{
	struct daemon_process daemon = { .pid = -1 };
	int report[2], hold[2];
	size_t used = 0;
	ssize_t got;

	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	daemon.pid = fork();
	assert_true(daemon.pid >= 0);
	if (daemon.pid == 0) {
		close(report[0]);
		close(hold[1]);
		be_daemon(handed, owner, report[1], hold[0]);
	}
	close(report[1]);
	close(hold[0]);
	daemon.hold = hold[1];
	while ((got = read(report[0], daemon.said + used,
	    sizeof(daemon.said) - 1 - used)) > 0)
		used += (size_t)got;
	close(report[0]);
	daemon.opened = used == 0;
	return daemon;
}

static struct daemon_process
start(void)
{
	const struct handed nothing = { .names = NULL };

	return start_with(&nothing, geteuid());
}

static void
end(struct daemon_process *daemon)
{
	int status;

	close(daemon->hold);
	assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), daemon->opened ? 0 : 1);
}

static void
refused_for(struct daemon_process daemon, const char *why)
{
	assert_false(daemon.opened);
	if (strstr(daemon.said, why) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", why, daemon.said);
	end(&daemon);
}

/* --- made here ----------------------------------------------------------- */

static void
makes_both(void **state)
{
	struct daemon_process daemon;

	(void)state;
	umask(077);
	daemon = start();
	assert_string_equal(daemon.said, "");
	assert_int_equal(mode_of(folder), S_IFDIR | 0755);
	assert_int_equal(mode_of(in_folder("mux")), S_IFSOCK | 0666);
	assert_int_equal(mode_of(in_folder("broker")), S_IFSOCK | 0666);
	assert_int_equal(mode_of(in_folder("vmauthzd.lock")), S_IFREG | 0600);
	assert_int_equal(try_connect(in_folder("mux"), SOCK_STREAM), 0);
	assert_int_equal(try_connect(in_folder("broker"), SOCK_SEQPACKET), 0);
	end(&daemon);
	assert_false(exists(in_folder("mux")));
	assert_false(exists(in_folder("broker")));
	assert_true(exists(in_folder("vmauthzd.lock")));
	daemon = start();
	assert_true(daemon.opened);
	end(&daemon);
}

static void
makes_way_for_nobody(void **state)
{
	struct daemon_process first = start();

	(void)state;
	assert_true(first.opened);
	refused_for(start(), "another vmauthzd runs on ");
	assert_int_equal(try_connect(in_folder("mux"), SOCK_STREAM), 0);
	assert_int_equal(try_connect(in_folder("broker"), SOCK_SEQPACKET), 0);
	end(&first);
}

static void
replaces_stale_sockets(void **state)
{
	struct daemon_process daemon;

	(void)state;
	assert_int_equal(mkdir(folder, 0755), 0);
	close(make_socket(in_folder("mux"), SOCK_STREAM));
	close(make_socket(in_folder("broker"), SOCK_SEQPACKET));
	assert_int_equal(try_connect(in_folder("mux"), SOCK_STREAM),
	    ECONNREFUSED);
	daemon = start();
	assert_true(daemon.opened);
	assert_int_equal(try_connect(in_folder("mux"), SOCK_STREAM), 0);
	assert_int_equal(try_connect(in_folder("broker"), SOCK_SEQPACKET), 0);
	end(&daemon);
}

/* Who listens may be somebody else, who knows no lock. */
static void
leaves_served_sockets_alone(void **state)
{
	static const struct {
		const char *name;
		int type;
	} rows[] = {
		{ "mux", SOCK_STREAM }, { "mux", SOCK_SEQPACKET },
		{ "broker", SOCK_SEQPACKET }, { "broker", SOCK_STREAM },
	};

	(void)state;
	assert_int_equal(mkdir(folder, 0755), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int other = make_socket(in_folder(rows[i].name), rows[i].type);
		char why[64];

		snprintf(why, sizeof(why), "somebody serves socket %s already",
		    rows[i].name);
		refused_for(start(), why);
		assert_int_equal(try_connect(in_folder(rows[i].name),
		    rows[i].type), 0);
		close(other);
		assert_int_equal(unlink(in_folder(rows[i].name)), 0);
		/* what was made before the refusal is gone again */
		assert_false(exists(in_folder("mux")));
		assert_false(exists(in_folder("broker")));
	}
}

static void
leaves_what_is_no_socket_alone(void **state)
{
	char elsewhere[PATH_MAX];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", top);
	assert_int_equal(mkdir(folder, 0755), 0);
	write_file(in_folder("mux"));
	refused_for(start(), "mux is in the way: not a socket");
	assert_int_equal(mode_of(in_folder("mux")), S_IFREG | 0644);
	assert_int_equal(unlink(in_folder("mux")), 0);
	assert_int_equal(symlink(elsewhere, in_folder("broker")), 0);
	refused_for(start(), "broker is in the way: not a socket");
	assert_false(exists(elsewhere));
	assert_int_equal(unlink(in_folder("broker")), 0);
	assert_int_equal(unlink(in_folder("vmauthzd.lock")), 0);
	assert_int_equal(symlink(elsewhere, in_folder("vmauthzd.lock")), 0);
	refused_for(start(), "vmauthzd.lock");
	assert_false(exists(elsewhere));
}

/* --- the folder ---------------------------------------------------------- */

static void
judges_the_folder(void **state)
{
	static const mode_t loose[] = { 0775, 0757, 0777, 01777 };
	static const char others[] = "others than root may write there";
	const struct handed nothing = { .names = NULL };
	char elsewhere[PATH_MAX];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", top);
	assert_int_equal(mkdir(folder, 0755), 0);
	for (size_t i = 0; i < COUNT(loose); i++) {
		assert_int_equal(chmod(folder, loose[i]), 0);
		refused_for(start(), others);
	}
	assert_int_equal(chmod(folder, 0755), 0);
	refused_for(start_with(&nothing, geteuid() + 1), others);
	assert_false(exists(in_folder("vmauthzd.lock")));
	assert_int_equal(rmdir(folder), 0);
	write_file(folder);
	refused_for(start(), "can't be opened");
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	assert_int_equal(symlink(elsewhere, folder), 0);
	refused_for(start(), "can't be opened");
	assert_int_equal(unlink(folder), 0);
	strcat(folder, "/too/deep");
	refused_for(start(), "can't be opened");
	*strstr(folder, "/too/deep") = '\0';
}

/* --- handed over --------------------------------------------------------- */

static void
takes_what_is_handed_over(void **state)
{
	char mux[PATH_MAX], broker[PATH_MAX];
	struct handed handed = { .names = "broker:mux", .count = 2 };
	struct daemon_process daemon;

	(void)state;
	snprintf(mux, sizeof(mux), "%s/m", top);
	snprintf(broker, sizeof(broker), "%s/b", top);
	handed.fds[0] = make_socket(broker, SOCK_SEQPACKET);
	handed.fds[1] = make_socket(mux, SOCK_STREAM);
	daemon = start_with(&handed, geteuid());
	assert_string_equal(daemon.said, "");
	assert_false(exists(folder));
	end(&daemon);
	/* the manager's sockets are not ours to remove */
	assert_int_equal(try_connect(mux, SOCK_STREAM), 0);
	assert_int_equal(try_connect(broker, SOCK_SEQPACKET), 0);

	handed.count = 1;
	handed.names = "broker";
	daemon = start_with(&handed, geteuid());
	assert_string_equal(daemon.said, "");
	assert_false(exists(in_folder("broker")));
	assert_int_equal(try_connect(in_folder("mux"), SOCK_STREAM), 0);
	end(&daemon);
	assert_true(exists(broker));
	close(handed.fds[0]);
	close(handed.fds[1]);
	unlink(mux);
	unlink(broker);
}

static void
refuses_what_is_not_wanted(void **state)
{
	static const struct {
		const char *title, *names, *why;
		int count;
	} rows[] = {
		{ "the other's", "mux:broker",
		    "socket mux of the service manager is not", 2 },
		{ "no name", "", "is not wanted", 1 },
		{ "another name", "broker:http", "is not wanted", 2 },
		{ "twice the same", "broker:broker", "is not wanted", 2 },
		{ "one too many", "broker:mux:more", "is not wanted", 3 },
		{ "a third without a name", "broker:mux:",
		    "is not wanted, or there are two", 3 },
	};
	char mux[PATH_MAX], broker[PATH_MAX];
	struct handed handed;

	(void)state;
	snprintf(mux, sizeof(mux), "%s/m", top);
	snprintf(broker, sizeof(broker), "%s/b", top);
	handed.fds[0] = make_socket(broker, SOCK_SEQPACKET);
	handed.fds[1] = make_socket(mux, SOCK_STREAM);
	handed.fds[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].title);
		handed.names = rows[i].names;
		handed.count = rows[i].count;
		refused_for(start_with(&handed, geteuid()), rows[i].why);
		assert_false(exists(folder));
	}
	handed.names = "mux";
	handed.count = 1;
	handed.fds[0] = handed.fds[2];
	refused_for(start_with(&handed, geteuid()),
	    "socket mux of the service manager is not");
	close(handed.fds[1]);
	close(handed.fds[2]);
	unlink(mux);
	unlink(broker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes_both),
		TEST(makes_way_for_nobody),
		TEST(replaces_stale_sockets),
		TEST(leaves_served_sockets_alone),
		TEST(leaves_what_is_no_socket_alone),
		TEST(judges_the_folder),
		TEST(takes_what_is_handed_over),
		TEST(refuses_what_is_not_wanted),
	};

	return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
