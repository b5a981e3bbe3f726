/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What a worker that has fallen to somebody can get out of the monitor. */

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "saslauthd-ext/monitor/monitor_calls.h"
#include "saslauthd-ext/monitor/monitor_message.h"

#define NOBODY 65534
#define LONGEST REQUEST_VM_NAME_MAX

static char folder[] = "/tmp/test-monitor.XXXXXX";

/* A monitor, and the worker's end of its link. */
struct fixture {
	struct pam_helpers helpers;
	struct monitor_calls calls;
	int worker;
	char libvirt[64];
};

static int
begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	if (f == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair) != 0)
		return -1;
	snprintf(f->libvirt, sizeof(f->libvirt), "%s/qemu", folder);
	f->worker = pair[0];
	f->calls = (struct monitor_calls){
		.link = pair[1],
		.libvirt_folder = f->libvirt,
		.helpers = &f->helpers,
	};
	*state = f;
	return 0;
}

/* Waits for every helper that has been told to end. */
static void
reap(struct fixture *f)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, 0)) > 0)
		assert_true(pam_helpers_gone(&f->helpers, pid));
}

static int
end(void **state)
{
	struct fixture *f = *state;

	pam_helpers_stop_all(&f->helpers);
	reap(f);
	if (f->worker >= 0)
		close(f->worker);
	close(f->calls.link);
	free(f);
	return 0;
}

static int
count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* --- the wire ------------------------------------------------------------ */

static void
say(struct fixture *f, const void *packet, size_t size)
{
	assert_int_equal(send(f->worker, packet, size, 0), size);
}

/* Takes the answer; *fd_r is what came with it, or -1. */
static ssize_t
hear(struct fixture *f, struct monitor_answer *answer_r, int *fd_r)
{
	char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec part = { answer_r, sizeof(*answer_r) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t size = recvmsg(f->worker, &message, MSG_DONTWAIT);
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	*fd_r = -1;
	if (size >= 0 && head != NULL) {
		assert_int_equal(head->cmsg_type, SCM_RIGHTS);
		assert_int_equal(head->cmsg_len, CMSG_LEN(sizeof(int)));
		memcpy(fd_r, CMSG_DATA(head), sizeof(int));
	}
	return size;
}

/* Asks as the worker does.  Returns the answer's error. */
static int
ask(struct fixture *f, struct monitor_request request, int *fd_r,
    uint32_t *helper_r)
{
	struct monitor_answer answer;

	request.serial = 0x0102030405060708;
	say(f, &request, sizeof(request));
	assert_true(monitor_calls_serve(&f->calls));
	assert_int_equal(hear(f, &answer, fd_r), sizeof(answer));
	assert_true(answer.serial == request.serial);
	if (helper_r != NULL)
		*helper_r = answer.helper;
	return answer.error;
}

/* --- packets ------------------------------------------------------------- */

enum { SIZE = sizeof(struct monitor_request) };

static const struct {
	const char *title;
	uint32_t call, helper;
	const char *name;
	size_t behind;		/* not 0: an octet in name at this place */
	size_t size;
} ill_formed[] = {
	{ "nothing said", 0, 0, "", 0, 1 },
	{ "short by one", MONITOR_READY, 0, "", 0, SIZE - 1 },
	{ "a number alone", MONITOR_READY, 0, "", 0, 12 },
	{ "long by one", MONITOR_READY, 0, "", 0, SIZE + 1 },
	{ "very long", MONITOR_READY, 0, "", 0, SIZE + 60000 },
	{ "call 0", 0, 0, "", 0, SIZE },
	{ "the first call that isn't", MONITOR_CALL_END, 0, "", 0, SIZE },
	{ "the last call that isn't", UINT32_MAX, 0, "", 0, SIZE },
	{ "ready with a name", MONITOR_READY, 0, "a", 0, SIZE },
	{ "ready with a helper", MONITOR_READY, 1, "", 0, SIZE },
	{ "start with a name", MONITOR_HELPER_START, 0, "a", 0, SIZE },
	{ "start with a helper", MONITOR_HELPER_START, 1, "", 0, SIZE },
	{ "stop without a helper", MONITOR_HELPER_STOP, 0, "", 0, SIZE },
	{ "stop with a name", MONITOR_HELPER_STOP, 1, "a", 0, SIZE },
	{ "open with a helper", MONITOR_OPEN_STATUS, 1, "good", 0, SIZE },
	{ "open, something behind the name", MONITOR_OPEN_STATUS, 0, "good", 6,
	    SIZE },
	{ "open, something at the end", MONITOR_OPEN_STATUS, 0, "good",
	    LONGEST, SIZE },
	{ "open, no name and something behind it", MONITOR_OPEN_STATUS, 0, "",
	    1, SIZE },
};

static void
assert_unheard(struct fixture *f)
{
	struct monitor_answer answer;
	int fd;

	assert_false(monitor_calls_serve(&f->calls));
	assert_true(hear(f, &answer, &fd) < 0 && errno == EAGAIN);
	assert_false(f->calls.ready);
	for (size_t i = 0; i < MONITOR_HELPERS_MAX; i++)
		assert_int_equal(f->helpers.slots[i].pid, 0);
}

static void
trusts_no_ill_formed_packet(void **state)
{
	struct fixture *f = *state;
	static char packet[SIZE + 60000];

	for (size_t i = 0; i < COUNT(ill_formed); i++) {
		struct monitor_request request = {
			.call = ill_formed[i].call,
			.helper = ill_formed[i].helper,
		};

		TITLE(ill_formed[i].title);
		memcpy(request.name, ill_formed[i].name,
		    strlen(ill_formed[i].name));
		if (ill_formed[i].behind != 0)
			request.name[ill_formed[i].behind] = 'x';
		memcpy(packet, &request, sizeof(request));
		say(f, packet, ill_formed[i].size);
		assert_unheard(f);
	}
}

static void
trusts_no_name_without_end(void **state)
{
	struct fixture *f = *state;
	struct monitor_request request = { .call = MONITOR_OPEN_STATUS };

	memset(request.name, 'a', sizeof(request.name));
	say(f, &request, sizeof(request));
	assert_unheard(f);
}

/* The worker has nothing to pass. */
static void
takes_no_descriptor(void **state)
{
	struct fixture *f = *state;
	struct monitor_request request = { .call = MONITOR_READY };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { { .cmsg_len = CMSG_LEN(sizeof(int)),
	    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &request, sizeof(request) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int files = count_files();

	memcpy(CMSG_DATA(&control.head), &f->worker, sizeof(int));
	assert_int_equal(sendmsg(f->worker, &message, 0), sizeof(request));
	assert_unheard(f);
	assert_int_equal(count_files(), files);
}

static void
knows_ready(void **state)
{
	struct fixture *f = *state;
	int fd;

	TITLE("no packet is no mistake");
	assert_true(monitor_calls_serve(&f->calls));
	assert_false(f->calls.ready);
	assert_int_equal(ask(f, (struct monitor_request){
	    .call = MONITOR_READY }, &fd, NULL), 0);
	assert_int_equal(fd, -1);
	assert_true(f->calls.ready);
}

static void
sees_the_end(void **state)
{
	struct fixture *f = *state;

	close(f->worker);
	f->worker = -1;
	assert_false(monitor_calls_serve(&f->calls));
}

/* It would stop the monitor, or fill its memory. */
static void
waits_for_nobody_to_take_answers(void **state)
{
	struct fixture *f = *state;
	const struct monitor_request request = { .call = MONITOR_READY };
	int count = 0;

	do
		say(f, &request, sizeof(request));
	while (monitor_calls_serve(&f->calls) && ++count < 100000);
	assert_in_range(count, 1, 99999);
}

/* --- status files -------------------------------------------------------- */

/* as long as a file system takes, with ".xml", and as the packet does */
static char longest[NAME_MAX - 4 + 1], too_long[LONGEST + 1];

static const struct {
	const char *name;
	int error;
} status_files[] = {
	{ "good", 0 },
	{ "good name; with=odd \xc3\xbc letters", 0 },
	{ longest, 0 },
	{ too_long, ENAMETOOLONG },
	{ "missing", ENOENT },
	{ "", EINVAL },
	{ ".", EINVAL },
	{ "..", EINVAL },
	{ "/", EINVAL },
	{ "../good", EINVAL },
	{ "../outside", EINVAL },
	{ "/etc/libvirt/qemu/good", EINVAL },
	{ "folder/good", EINVAL },
	{ "good/", EINVAL },
	{ "good.xml", ENOENT },
	{ "symlink", ELOOP },
	{ "dangling", ELOOP },
	{ "fifo", EPERM },
	{ "socket", ENXIO },
	{ "folder", EPERM },
	{ "group-writable", EPERM },
	{ "world-writable", EPERM },
	{ "foreign", EPERM },
};

static int
open_status(struct fixture *f, const char *name, int *fd_r)
{
	struct monitor_request request = { .call = MONITOR_OPEN_STATUS };

	memcpy(request.name, name, strlen(name));
	return ask(f, request, fd_r, NULL);
}

static void
opens_status_files(void **state)
{
	struct fixture *f = *state;
	int files = count_files();

	for (size_t i = 0; i < COUNT(status_files); i++) {
		char octets[8] = "";
		int wanted = status_files[i].error;
		int fd;

		/* Another's folder is refused before what is in it. */
		if (geteuid() != 0 && wanted != EINVAL)
			wanted = EPERM;
		TITLE(status_files[i].name);
		assert_int_equal(open_status(f, status_files[i].name, &fd),
		    wanted);
		assert_int_equal(fd >= 0, wanted == 0);
		if (fd < 0)
			continue;
		assert_int_equal(read(fd, octets, sizeof(octets)), 7);
		assert_string_equal(octets, "<good/>");
		assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
		close(fd);
	}
	assert_int_equal(count_files(), files);
}

static void
as_symlink(const char *path)
{
	char aside[96];

	snprintf(aside, sizeof(aside), "%s-aside", path);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(symlink(aside, path), 0);
}

static void
from_symlink(const char *path)
{
	char aside[96];

	snprintf(aside, sizeof(aside), "%s-aside", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(aside, path), 0);
}

static void
group_writable(const char *path)
{
	assert_int_equal(chmod(path, 0775), 0);
}

static void
world_writable(const char *path)
{
	assert_int_equal(chmod(path, 01777), 0);
}

static void
usual(const char *path)
{
	assert_int_equal(chmod(path, 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 0, 0), 0);
}

static void
foreign(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, NOBODY, 0), 0);
}

static const struct {
	const char *title;
	void (*change)(const char *path);
	void (*back)(const char *path);
	int error;
} folders[] = {
	{ "a symlink", as_symlink, from_symlink, ENOTDIR },
	{ "the group may write", group_writable, usual, EPERM },
	{ "everybody may write", world_writable, usual, EPERM },
	{ "another's", foreign, usual, EPERM },
};

static void
wants_libvirts_own_folder(void **state)
{
	struct fixture *f = *state;
	int files = count_files();
	int fd;

	for (size_t i = 0; i < COUNT(folders); i++) {
		int error;

		TITLE(folders[i].title);
		folders[i].change(f->libvirt);
		error = open_status(f, "good", &fd);
		folders[i].back(f->libvirt);
		assert_int_equal(error, folders[i].error);
		assert_int_equal(fd, -1);
	}
	f->calls.libvirt_folder = "/nonexistent/qemu";
	assert_int_equal(open_status(f, "good", &fd), ENOENT);
	assert_int_equal(fd, -1);
	assert_int_equal(count_files(), files);
}

/* --- helpers ------------------------------------------------------------- */

static int
start(struct fixture *f, int *fd_r, uint32_t *helper_r)
{
	return ask(f, (struct monitor_request){ .call = MONITOR_HELPER_START },
	    fd_r, helper_r);
}

static int
stop(struct fixture *f, uint32_t helper)
{
	int fd;

	return ask(f, (struct monitor_request){ .call = MONITOR_HELPER_STOP,
	    .helper = helper }, &fd, NULL);
}

static bool
is_end(int fd, int wait)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char octet;

	return poll(&poll_fd, 1, wait) == 1 && recv(fd, &octet, 1, 0) == 0;
}

static void
bounds_helpers(void **state)
{
	struct fixture *f = *state;
	uint32_t numbers[MONITOR_HELPERS_MAX], number;
	int fds[MONITOR_HELPERS_MAX], fd, files;

	/* The number after the last one is no number. */
	f->helpers.last = UINT32_MAX - 2;
	for (size_t i = 0; i < MONITOR_HELPERS_MAX; i++) {
		assert_int_equal(start(f, &fds[i], &numbers[i]), 0);
		assert_true(fds[i] >= 0);
		assert_int_not_equal(numbers[i], 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(numbers[i], numbers[j]);
	}
	files = count_files();
	TITLE("one too many");
	assert_int_equal(start(f, &fd, &number), EAGAIN);
	assert_int_equal(fd, -1);
	assert_int_equal(number, 0);
	assert_int_equal(count_files(), files);
	TITLE("one that is killed counts until it is waited for");
	assert_int_equal(stop(f, numbers[5]), 0);
	assert_true(is_end(fds[5], 10000));
	assert_int_equal(start(f, &fd, &number), EAGAIN);
	assert_true(pam_helpers_gone(&f->helpers, waitpid(-1, NULL, 0)));
	assert_int_equal(start(f, &fd, &number), 0);
	assert_true(fd >= 0 && number != 0);
	close(fd);
	for (size_t i = 0; i < MONITOR_HELPERS_MAX; i++)
		close(fds[i]);
}

/* Else the worker could end any process. */
static void
stops_helpers_alone(void **state)
{
	struct fixture *f = *state;
	uint32_t number;
	int fd, status;
	pid_t other = fork();

	if (other == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(start(f, &fd, &number), 0);
	TITLE("another process by its process id");
	assert_int_equal(stop(f, (uint32_t)other), 0);
	TITLE("a helper by its process id");
	assert_int_equal(stop(f, (uint32_t)f->helpers.slots[0].pid), 0);
	TITLE("numbers that are nobody's");
	assert_int_equal(stop(f, number + 1), 0);
	assert_int_equal(stop(f, UINT32_MAX), 0);
	assert_false(is_end(fd, 200));
	assert_int_equal(waitpid(-1, &status, WNOHANG), 0);
	TITLE("the helper by its number");
	assert_int_equal(stop(f, number), 0);
	assert_true(is_end(fd, 10000));
	assert_false(pam_helpers_gone(&f->helpers, other));
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, &status, 0), other);
	close(fd);
}

/* A descriptor of /proc/PID/fd by its number: there or not. */
static bool
has_file(pid_t pid, int number)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, number);
	return lstat(path, &st) == 0;
}

static bool
is_called(pid_t pid, const char *wanted)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	if (fgets(name, sizeof(name), file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
	return strcmp(name, wanted) == 0;
}

static void
helpers_inherit_nothing(void **state)
{
	struct fixture *f = *state;
	const struct timespec moment = { .tv_nsec = 10000000 };
	uint32_t number;
	int fd, secret = open("/dev/null", O_RDONLY);	/* not close-on-exec */
	pid_t pid;

	assert_true(secret > 3);
	assert_int_equal(start(f, &fd, &number), 0);
	pid = f->helpers.slots[0].pid;
	for (int i = 0; i < 1000 && !is_called(pid, "vmauthzd-pam"); i++)
		nanosleep(&moment, NULL);
	assert_true(is_called(pid, "vmauthzd-pam"));
	assert_true(has_file(pid, 3));
	for (int i = 4; i < 64; i++)
		assert_false(has_file(pid, i));
	assert_int_equal(getsid(pid), pid);
	TITLE("it ends with the worker's descriptor");
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(pam_helpers_gone(&f->helpers, pid));
	close(secret);
}

/* --- files for all of them ----------------------------------------------- */

static void
make_file(const char *name, mode_t mode, uid_t owner)
{
	char path[LONGEST + 64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/qemu/%s.xml", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("<good/>", file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, owner, 0), 0);
}

static int
make_folder(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	memset(longest, 'l', sizeof(longest) - 1);
	memset(too_long, 'l', sizeof(too_long) - 1);
	if (mkdtemp(folder) == NULL || chdir(folder) != 0 ||
	    mkdir("qemu", 0755) != 0 || mkdir("qemu/folder.xml", 0755) != 0 ||
	    mkdir("qemu/folder", 0755) != 0 ||
	    symlink("good.xml", "qemu/symlink.xml") != 0 ||
	    symlink("nowhere", "qemu/dangling.xml") != 0 ||
	    mkfifo("qemu/fifo.xml", 0644) != 0)
		return -1;
	strcpy(address.sun_path, "qemu/socket.xml");
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	close(fd);
	make_file("good", 0644, 0);
	make_file("good name; with=odd \xc3\xbc letters", 0600, 0);
	make_file(longest, 0644, 0);
	make_file("group-writable", 0664, 0);
	make_file("world-writable", 0646, 0);
	make_file("foreign", 0644, NOBODY);
	make_file("folder/good", 0644, 0);
	make_file("../outside", 0644, 0);
	return 0;
}

static int
remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(trusts_no_ill_formed_packet),
		TEST(trusts_no_name_without_end),
		TEST(takes_no_descriptor),
		TEST(knows_ready),
		TEST(sees_the_end),
		TEST(waits_for_nobody_to_take_answers),
		TEST(opens_status_files),
		TEST(wants_libvirts_own_folder),
		TEST(bounds_helpers),
		TEST(stops_helpers_alone),
		TEST(helpers_inherit_nothing),
	};

	return cmocka_run_group_tests_name("monitor", tests, make_folder,
	    remove_folder);
}
