/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/saslauthd-ext/worker-fixture.h"

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy-admin/create.h"
#include "policy-admin/credentials.h"
#include "saslauthd-ext/login/password_check.h"
#include "scram/scram.h"

enum {
	PATIENCE = 30,			/* seconds */
	LOGGED_MAX = 16384,
	ANSWER_MAX = 1024,
	POLICY_SIZE_MAX = 1 << 20,
};

static const char *const names[] = { "alice@example.org", "bob@example.org",
	"carol@example.org", "dora@local.example.org",
	"emil@closed.example.org", "fritz@example.org" };

/* --- files --------------------------------------------------------------- */

const char *
worker_path(struct worker *worker, const char *file)
{
	snprintf(worker->path, sizeof(worker->path), "%s/%s",
	    worker->config.state, file);
	return worker->path;
}

static sqlite3 *
open_file(struct worker *worker, const char *file)
{
	sqlite3 *handle;

	assert_int_equal(sqlite3_open_v2(worker_path(worker, file), &handle,
	    SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(handle, PATIENCE * 1000);
	return handle;
}

void
worker_policy(struct worker *worker, const char *sql)
{
	sqlite3 *handle = open_file(worker, "policy.db");
	char *error = NULL;

	sqlite3_exec(handle, "PRAGMA foreign_keys = ON;"
	    "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (sqlite3_exec(handle, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(handle);
}

const char *
worker_query(struct worker *worker, const char *file, const char *sql)
{
	static char answer[ANSWER_MAX];
	sqlite3 *handle = open_file(worker, file);
	sqlite3_stmt *statement;
	const unsigned char *text;

	strcpy(answer, "(none)");
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
	if (sqlite3_step(statement) == SQLITE_ROW) {
		text = sqlite3_column_text(statement, 0);
		snprintf(answer, sizeof(answer), "%s",
		    text != NULL ? (const char *)text : "");
	}
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return answer;
}

static void
set_password(struct credentials *admin, const char *name)
{
	struct credential credential = { .mechanism = "SCRAM-SHA-256" };
	char password[IDENTITY_MAX + 16];
	struct identity user;

	assert_int_equal(identity_parse(&user, name, strlen(name), NULL),
	    ERROR_NONE);
	snprintf(password, sizeof(password), "secret %.*s",
	    (int)user.name_length, name);
	assert_int_equal(scram_verifier_make(credential.mechanism, password,
	    SCRAM_ITERATIONS_MIN, &credential.verifier), ERROR_NONE);
	assert_int_equal(credentials_set(admin, &user,
	    &credential, 1), ERROR_NONE);
}

/* The file as it was made for the first test, for the later ones. */
static unsigned char made[POLICY_SIZE_MAX];
static size_t made_size;

static void
make_policy(struct worker *worker)
{
	struct credentials *admin;
	FILE *file;

	assert_int_equal(create_policy(worker->config.policy), ERROR_NONE);
	worker_policy(worker,
	    "BEGIN;"
	    "INSERT INTO users(name) VALUES('alice@example.org'),"
	    "('bob@example.org'), ('carol@example.org'),"
	    "('dora@local.example.org'), ('emil@closed.example.org'),"
	    "('fritz@example.org');"
	    "INSERT INTO vms(name) VALUES('debianx'), ('kali');"
	    "INSERT INTO grants(id, who, vm, local_user) VALUES"
	    "(1, 'alice@example.org', 'debianx', NULL),"
	    "(2, 'carol@example.org', 'debianx', NULL),"
	    "(3, 'dora@local.example.org', 'debianx', NULL),"
	    "(4, 'emil@closed.example.org', 'debianx', NULL),"
	    "(5, 'fritz@example.org', 'debianx', 'fritz');"
	    "UPDATE users SET enabled = 0 WHERE name LIKE 'carol@%';"
	    "COMMIT");
	assert_int_equal(credentials_open(&admin, worker->config.policy),
	    ERROR_NONE);
	for (size_t i = 0; i < COUNT(names); i++)
		set_password(admin, names[i]);
	credentials_close(&admin);
	file = fopen(worker->config.policy, "rb");
	assert_non_null(file);
	made_size = fread(made, 1, sizeof(made), file);
	assert_in_range(made_size, 1, sizeof(made) - 1);
	fclose(file);
}

static void
put_policy(struct worker *worker)
{
	FILE *file;

	strcpy(worker->config.policy, worker_path(worker, "policy.db"));
	if (made_size == 0) {
		make_policy(worker);
		return;
	}
	file = fopen(worker->config.policy, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(made, 1, made_size, file), made_size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(worker->config.policy, 0640), 0);
}

static void
remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	assert_int_equal(rmdir(path), 0);
}

/* --- PAM ----------------------------------------------------------------- */

static void
end_helper(struct worker_helper *helper)
{
	if (helper->fd < 0)
		return;
	event_free(helper->event);
	close(helper->fd);
	helper->fd = -1;
	helper->asked = false;
}

static void
answer(struct worker_helper *helper)
{
	const struct pam_question *question = &helper->question;
	char right[sizeof(question->user) + 16];
	struct pam_answer answer = { .id = question->id };

	snprintf(right, sizeof(right), "secret %s", question->user);
	answer.result = strcmp(question->password, right) == 0 ?
	    PAM_ACCEPTED : PAM_REFUSED;
	helper->asked = false;
	assert_int_equal(send(helper->fd, &answer, sizeof(answer),
	    MSG_NOSIGNAL), sizeof(answer));
}

static void
on_question(evutil_socket_t fd, short what, void *context)
{
	struct worker_helper *helper = context;
	struct worker *worker = helper->worker;
	ssize_t got = recv(fd, &helper->question, sizeof(helper->question),
	    MSG_DONTWAIT);

	(void)what;
	if (got <= 0) {
		end_helper(helper);
		return;
	}
	assert_int_equal(got, sizeof(helper->question));
	worker->questions++;
	helper->asked = true;
	if (worker->pam == WORKER_PAM_BREAKS)
		end_helper(helper);
	else if (worker->pam == WORKER_PAM_ANSWERS)
		answer(helper);
}

static int
start_helper(void *context, uint32_t *number_r)
{
	struct worker *worker = context;
	struct worker_helper *helper = &worker->helper[worker->helpers];
	int pair[2];

	assert_true(worker->helpers < WORKER_HELPERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	helper->worker = worker;
	helper->fd = pair[1];
	helper->event = event_new(worker->daemon.base, pair[1],
	    EV_READ | EV_PERSIST, on_question, helper);
	assert_int_equal(event_add(helper->event, NULL), 0);
	*number_r = (uint32_t)worker->helpers++;
	return pair[0];
}

static void
stop_helper(void *context, uint32_t number)
{
	struct worker *worker = context;

	end_helper(&worker->helper[number]);
}

void
worker_pam_answer(struct worker *worker)
{
	for (size_t i = 0; i < worker->helpers; i++) {
		if (worker->helper[i].asked)
			answer(&worker->helper[i]);
	}
}

/* --- processes that connect ---------------------------------------------- */

#define CONNECT_TO "VMAUTHZ_TEST_CONNECT_TO"

/* The end of a socket pair that the process that is to connect is given. */
enum { HOLD_FD = 3 };

static int
socket_type(const char *path)
{
	return strcmp(strrchr(path, '/'), "/mux") == 0 ? SOCK_STREAM :
	    SOCK_SEQPACKET;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, socket_type(path) | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ?
	    fd : -1;
}

union descriptor {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static struct msghdr
descriptor_message(struct iovec *octet, union descriptor *control)
{
	return (struct msghdr){
		.msg_iov = octet, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(*control),
	};
}

/* Connects, hands the connection over, and lives on until nobody holds it. */
static void
connect_for(const char *path)
{
	char byte = 'x';
	struct iovec octet = { &byte, 1 };
	union descriptor control = { .header = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	struct msghdr message = descriptor_message(&octet, &control);
	int fd = connect_to(path);

	if (fd < 0)
		_exit(1);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(HOLD_FD, &message, 0) != 1)
		_exit(1);
	close(fd);
	_exit(read(HOLD_FD, &byte, 1) == 0 ? 0 : 1);
}

static void
become(const char *vm)
{
	const char *const named[] = { "qemu-system-x86_64", "-name", vm, NULL };
	const char *const nameless[] = { "cat", NULL };

	execv("/proc/self/exe", (char *const *)(uintptr_t)(vm[0] != '\0' ?
	    named : nameless));
	_exit(127);
}

void
worker_be_vm(int argc, char **argv)
{
	const char *path = getenv(CONNECT_TO);

	(void)argv;
	if (path != NULL)
		connect_for(path);
	if (argc == 1)
		become("debianx");
}

int
worker_connect(struct worker *worker)
{
	int fd = connect_to(worker_path(worker, worker->kind->name));

	assert_true(fd >= 0);
	return fd;
}

static int
take_descriptor(int from)
{
	char byte;
	struct iovec octet = { &byte, 1 };
	union descriptor control;
	struct msghdr message = descriptor_message(&octet, &control);
	int fd;

	assert_int_equal(recvmsg(from, &message, MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(control.header.cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

int
worker_connect_as(struct worker *worker, const char *vm)
{
	const char *path = worker_path(worker, worker->kind->name);
	size_t number = worker->others++;
	int pair[2];
	pid_t pid;

	assert_true(number < WORKER_OTHERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	pid = fork();
	if (pid == 0) {
		/* a descriptor that is dup2()'ed to itself would stay closed */
		if (setenv(CONNECT_TO, path, 1) != 0 ||
		    dup2(dup(pair[1]), HOLD_FD) < 0)
			_exit(1);
		become(vm);
	}
	assert_true(pid > 0);
	close(pair[1]);
	worker->other[number].pid = pid;
	worker->other[number].hold = pair[0];
	return take_descriptor(pair[0]);
}

static void
end_others(struct worker *worker)
{
	for (size_t i = 0; i < worker->others; i++) {
		int status;

		close(worker->other[i].hold);
		assert_int_equal(waitpid(worker->other[i].pid, &status, 0),
		    worker->other[i].pid);
	}
	worker->others = 0;
}

void
worker_open_service(struct worker *worker, const struct service_kind *kind)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	worker->kind = kind;
	worker->listener = socket(AF_UNIX, SOCK_CLOEXEC | SOCK_NONBLOCK |
	    socket_type(worker_path(worker, kind->name)), 0);
	strcpy(address.sun_path, worker_path(worker, kind->name));
	assert_int_equal(bind(worker->listener, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	assert_int_equal(listen(worker->listener, SOMAXCONN), 0);
	assert_int_equal(service_open(&worker->service, &worker->daemon, kind,
	    worker->listener), ERROR_NONE);
}

static bool
is_readable(void *context)
{
	struct pollfd poll_fd = { .fd = *(int *)context, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

void
worker_await(struct worker *worker, int fd)
{
	worker_serve(worker, is_readable, &fd);
}

void
worker_settle(struct worker *worker)
{
	/* what one round does may be there for the next */
	for (int i = 0; i < 8; i++)
		event_base_loop(worker->daemon.base, EVLOOP_NONBLOCK);
}

/* --- beginning and end --------------------------------------------------- */

static void
set_config(struct config *config)
{
	static const struct config_realm realms[] = {
		{ .name = "example.org", .source = CONFIG_SOURCE_POLICY },
		{ .name = "local.example.org", .source = CONFIG_SOURCE_PAM },
	};

	*config = (struct config){
		.default_realm = "example.org",
		.pam_service = "spice",
		.realm_count = COUNT(realms),
		.users = { geteuid() },
		.user_count = 1,
		.operators = { geteuid() },
		.operator_count = 1,
		.identify_command_line = true,
		.session_window = 30,
		.pam_helpers = 4,
		.pam_helpers_per_vm = 4,
		.pam_timeout = 30,
		.guess_limit = 3,
		.guess_address_limit = 6,
		.guess_forget = 900,
		.ticket_max = 600,
		.audit_size = 64,
		.audit_age = 30,
		.audit_keep = 4,
	};
	memcpy(config->realms, realms, sizeof(realms));
}

static void
open_log(struct worker *worker)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX,
	    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	worker->daemon.log.fd = pair[0];
	worker->log = pair[1];
}

int
worker_begin(void **state)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct daemon *daemon = &worker->daemon;
	const struct pam_pool_source source = { start_helper, stop_helper,
	    worker };

	assert_non_null(worker);
	set_config(&worker->config);
	strcpy(worker->config.state, "/tmp/vmauthz-worker.XXXXXX");
	assert_non_null(mkdtemp(worker->config.state));
	put_policy(worker);
	daemon->config = &worker->config;
	daemon->base = event_base_new();
	assert_non_null(daemon->base);
	assert_int_equal(policy_new(&daemon->policy, worker->config.policy),
	    ERROR_NONE);
	assert_int_equal(state_open(&daemon->state, &worker->config),
	    ERROR_NONE);
	assert_int_equal(audit_open(&daemon->audit, &worker->config),
	    ERROR_NONE);
	assert_int_equal(recent_password_new(&daemon->right), ERROR_NONE);
	assert_int_equal(recent_password_new(&daemon->wrong), ERROR_NONE);
	assert_int_equal(verifier_check_new(&daemon->verify, daemon->base, 2),
	    ERROR_NONE);
	assert_int_equal(pam_pool_new(&daemon->pool, daemon->base, &source,
	    &worker->config), ERROR_NONE);
	open_log(worker);
	*state = worker;
	return 0;
}

/* In the worker's own order. */
int
worker_end(void **state)
{
	struct worker *worker = *state;
	struct daemon *daemon = &worker->daemon;

	service_close(&worker->service);
	if (worker->kind != NULL)
		close(worker->listener);
	end_others(worker);
	pam_pool_free(&daemon->pool);
	verifier_check_free(&daemon->verify);
	password_check_cancel_all(daemon);
	recent_password_free(&daemon->right);
	recent_password_free(&daemon->wrong);
	audit_close(&daemon->audit);
	state_close(&daemon->state);
	policy_free(&daemon->policy);
	for (size_t i = 0; i < worker->helpers; i++)
		end_helper(&worker->helper[i]);
	event_base_free(daemon->base);
	log_close(&daemon->log);
	close(worker->log);
	remove_folder(worker->config.state);
	free(worker);
	return 0;
}

/* --- what a test asks ---------------------------------------------------- */

struct asker
worker_asker(const char *socket)
{
	return (struct asker){
		.peer = {
			.pid = getpid(), .uid = geteuid(), .gid = getegid(),
			.pidfd = -1, .start = 4711,
		},
		.machine = {
			.source = MACHINE_LIBVIRT,
			.name = "debianx",
		},
		.socket = socket,
	};
}

const char *
worker_logged(struct worker *worker)
{
	static char text[LOGGED_MAX];
	size_t used = 0;
	ssize_t got;

	while (used < sizeof(text) - 2 && (got = recv(worker->log, text + used,
	    sizeof(text) - 2 - used, MSG_DONTWAIT)) > 0) {
		used += (size_t)got;
		text[used++] = '\n';
	}
	text[used] = '\0';
	return text;
}

void
worker_serve(struct worker *worker, bool (*done)(void *context), void *context)
{
	const struct timeval moment = { .tv_usec = 10000 };
	time_t end = time(NULL) + PATIENCE;

	while (!done(context)) {
		if (time(NULL) > end)
			fail_msg("the worker has not done it in %d seconds",
			    PATIENCE);
		event_base_loopexit(worker->daemon.base, &moment);
		event_base_loop(worker->daemon.base, EVLOOP_ONCE);
	}
}
