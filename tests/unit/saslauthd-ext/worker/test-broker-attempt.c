/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthzd's side of the broker's socket, with a policy and an audit of the
 * test's own: the numbers of attempts, and other versions of the protocol. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/message.h"
#include "policy-admin/create.h"
#include "saslauthd-ext/worker/broker_service.h"
#include "saslauthd-ext/worker/service.h"

enum { PATIENCE = 5000, LINE_MAX_OCTETS = LOG_LINE_MAX + 64, CLIENTS = 2 };

static char folder[] = "/tmp/vmauthz-attempt-XXXXXX";
static struct config config;
static struct daemon daemon_here = { .config = &config };
static int log_end;			/* where the daemon's lines arrive */
static int clients[CLIENTS];		/* connections to it */

/* --- set-up -------------------------------------------------------------- */

static void
run_sql(const char *sql)
{
	sqlite3 *handle = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open_v2(config.policy, &handle,
	    SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(handle);
}

static void
configure(void)
{
	config = (struct config){
		.default_realm = "example.org",
		.realms = { { "example.org", CONFIG_SOURCE_POLICY, false } },
		.realm_count = 1,
		.users = { geteuid() },
		.user_count = 1,
		.identify_command_line = true,
		.session_window = 30,
		.guess_limit = 100,
		.guess_address_limit = 100,
		.guess_forget = 900,
		.audit_size = 64,
		.audit_keep = 2,
	};
	snprintf(config.policy, sizeof(config.policy), "%s/policy.db", folder);
	snprintf(config.state, sizeof(config.state), "%s", folder);
}

static int
listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	assert_int_equal(bind(fd, (const struct sockaddr *)address,
	    sizeof(*address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void
connect_clients(const struct sockaddr_un *address)
{
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
		    0);
		assert_int_equal(connect(clients[i],
		    (const struct sockaddr *)address, sizeof(*address)), 0);
	}
}

static void
open_daemon(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int pair[2];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/broker",
	    folder);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	daemon_here.log.fd = pair[0];
	log_end = pair[1];
	daemon_here.base = event_base_new();
	assert_int_equal(policy_new(&daemon_here.policy, config.policy), 0);
	assert_int_equal(state_open(&daemon_here.state, &config), 0);
	assert_int_equal(audit_open(&daemon_here.audit, &config), 0);
	assert_int_equal(recent_password_new(&daemon_here.right), 0);
	assert_int_equal(recent_password_new(&daemon_here.wrong), 0);
	assert_int_equal(verifier_check_new(&daemon_here.verify,
	    daemon_here.base, 1), 0);
	assert_int_equal(service_open(&daemon_here.broker, &daemon_here,
	    &broker_service, listen_at(&address)), 0);
	connect_clients(&address);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	configure();
	assert_int_equal(create_policy(config.policy), ERROR_NONE);
	run_sql("INSERT INTO users(name) VALUES('alice@example.org'),"
	    " ('bob@example.org');"
	    "INSERT INTO vms(name) VALUES('debianx');"
	    "INSERT INTO grants(who, vm) VALUES('alice@example.org',"
	    " 'debianx');"
	    "INSERT INTO grants(who, vm, local_user) VALUES("
	    "'bob@example.org', 'debianx', 'bob');");
	open_daemon();
	return 0;
}

static int
tear_down(void **state)
{
	char command[64];

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	service_close(&daemon_here.broker);
	verifier_check_free(&daemon_here.verify);
	recent_password_free(&daemon_here.right);
	recent_password_free(&daemon_here.wrong);
	audit_close(&daemon_here.audit);
	state_close(&daemon_here.state);
	policy_free(&daemon_here.policy);
	event_base_free(daemon_here.base);
	log_close(&daemon_here.log);
	close(log_end);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* --- questions ----------------------------------------------------------- */

/* Octets of the answer; 0: the daemon has nothing to say. */
static size_t
exchange(int client, const unsigned char *packet, size_t size,
    unsigned char answer[BROKER_MESSAGE_MAX], bool wanted)
{
	ssize_t got = -1;

	assert_int_equal(send(clients[client], packet, size, 0), size);
	for (int i = 0; i < (wanted ? PATIENCE : 20) && got < 0; i++) {
		event_base_loop(daemon_here.base, EVLOOP_NONBLOCK);
		got = recv(clients[client], answer, BROKER_MESSAGE_MAX,
		    MSG_DONTWAIT);
		if (got < 0)
			usleep(1000);
	}
	assert_true(got != 0 && (got > 0) == wanted);
	return got > 0 ? (size_t)got : 0;
}

static struct broker_message
ask_broker(int client, const struct broker_message *question)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	static unsigned char room[BROKER_MESSAGE_MAX];
	size_t size = broker_encode(packet, question);
	struct broker_message answer;

	assert_true(size > 0);
	size = exchange(client, packet, size, room, true);
	assert_int_equal(broker_decode(&answer, room, size), 0);
	assert_int_equal(answer.id, question->id);
	return answer;
}

static const struct broker_message login_of_alice = {
	.id = 7,
	.user = "alice",
	.login = {
		.mechanism = "SCRAM-SHA-256",
		.request = { .service = "spice", .client = "192.0.2.7" },
	},
	.proved = true,
};

static uint64_t
look_up(int client, const struct broker_message *login)
{
	struct broker_message question = *login, answer;

	question.type = BROKER_LOOKUP;
	answer = ask_broker(client, &question);
	assert_int_equal(answer.type, BROKER_VERIFIER);
	assert_true(answer.attempt != 0);
	return answer.attempt;
}

static struct broker_message
decide_about(int client, const struct broker_message *login, uint64_t attempt)
{
	struct broker_message question = *login, answer;

	question.type = BROKER_DECIDE;
	question.attempt = attempt;
	answer = ask_broker(client, &question);
	assert_int_equal(answer.type, BROKER_DECISION);
	return answer;
}

/* The last line that the daemon logged since the last call, without what is in
 * front of it; *count_r of them. */
static const char *
last_line(int *count_r)
{
	static char line[LINE_MAX_OCTETS];
	char *begin;
	ssize_t got;

	*count_r = 0;
	line[0] = '\0';
	for (;;) {
		char next[LINE_MAX_OCTETS];

		got = recv(log_end, next, sizeof(next) - 1, 0);
		if (got < 0)
			break;
		next[got] = '\0';
		memcpy(line, next, (size_t)got + 1);
		++*count_r;
	}
	begin = strstr(line, "]: ");
	return begin != NULL ? begin + 3 : line;
}

static void
expect_line(const char *begin, const char *text)
{
	int count;
	const char *line = last_line(&count);

	fprintf(stderr, "# %s\n", line);
	assert_int_equal(strncmp(line, begin, strlen(begin)), 0);
	assert_non_null(strstr(line, text));
}

static void
refuses(int client, const struct broker_message *login, uint64_t attempt,
    const char *reason)
{
	struct broker_message answer = decide_about(client, login, attempt);

	assert_false(answer.allowed);
	assert_false(answer.wants_local_user);
	assert_int_equal(answer.session, 0);
	assert_true(answer.revision > 0);
	expect_line("deny user=\"alice@example.org\" vm=\"debianx\" ", reason);
}

/* --- attempts ------------------------------------------------------------ */

static void
decides_once(void **state)
{
	uint64_t number = look_up(0, &login_of_alice);
	struct broker_message answer = decide_about(0, &login_of_alice,
	    number);
	char revision[40];

	(void)state;
	assert_true(answer.allowed);
	assert_true(answer.session != 0);
	snprintf(revision, sizeof(revision), " revision=%ld ",
	    (long)answer.revision);
	expect_line("allow user=\"alice@example.org\" vm=\"debianx\" ",
	    revision);
	refuses(0, &login_of_alice, number, "decided already");
	refuses(0, &login_of_alice, number, "decided already");
}

static void
decides_on_its_connection(void **state)
{
	uint64_t number = look_up(0, &login_of_alice);

	(void)state;
	look_up(1, &login_of_alice);
	refuses(1, &login_of_alice, number, "vmauthzd was not asked before");
	assert_true(decide_about(0, &login_of_alice, number).allowed);
}

static void
decides_about_its_login(void **state)
{
	static const char *const mechanisms[] = { "SCRAM-SHA-512", "GSSAPI" };
	struct broker_message other = login_of_alice;
	uint64_t number = look_up(0, &login_of_alice);

	(void)state;
	other.login.request.client = "192.0.2.8";
	refuses(0, &other, number, "another user, client or mechanism");
	refuses(0, &login_of_alice, number, "decided already");
	other = login_of_alice;
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		number = look_up(0, &login_of_alice);
		other.login.mechanism = mechanisms[i];
		refuses(0, &other, number, "another user, client or");
	}
	other = login_of_alice;
	other.user = "bob";
	number = look_up(0, &other);
	refuses(0, &login_of_alice, number, "another user, client or");
}

/* Every mechanism but Kerberos asks for a verifier, or about a password, and so
 * has a number. */
static void
wants_a_number(void **state)
{
	static const char *const mechanisms[] = { "SCRAM-SHA-256", "PLAIN",
		"LOGIN", "plain", "scram-sha-256", "CRAM-MD5", NULL };
	struct broker_message login = login_of_alice;

	(void)state;
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		login.login.mechanism = mechanisms[i];
		refuses(0, &login, 0, "vmauthzd was not asked before");
		refuses(0, &login, 1, "vmauthzd was not asked before");
	}
	login.login.mechanism = "GSSAPI";
	assert_true(decide_about(0, &login, 0).allowed);
	refuses(0, &login, 1, "vmauthzd was not asked before");
}

/* What was asked back was not decided. */
static void
asks_back_with_the_same_number(void **state)
{
	struct broker_message login = login_of_alice, answer;
	uint64_t number;

	(void)state;
	login.user = "bob@example.org";
	number = look_up(0, &login);
	answer = decide_about(0, &login, number);
	assert_true(answer.wants_local_user);
	assert_false(answer.allowed);
	login.login.request.local_asked = true;
	login.login.request.local = REQUEST_LOCAL_ACCOUNT;
	login.login.request.local_user = "bob";
	answer = decide_about(0, &login, number);
	assert_true(answer.allowed);
	assert_false(decide_about(0, &login, number).allowed);
}

static void
numbers_passwords(void **state)
{
	struct broker_message login = login_of_alice, answer;

	(void)state;
	login.login.mechanism = "PLAIN";
	login.type = BROKER_PASSWORD;
	login.password = "not it";
	answer = ask_broker(0, &login);
	assert_int_equal(answer.type, BROKER_RESULT);
	assert_false(answer.right);
	assert_true(answer.attempt != 0);
	expect_line("deny ", "reason=\"wrong password\"");
	/* recorded, so it is not told again; but who believes otherwise does
	 * not get in */
	login.proved = false;
	answer = decide_about(0, &login, answer.attempt);
	assert_false(answer.allowed);
	assert_true(answer.revision > 0);
	login.proved = true;
	answer = ask_broker(0, &(struct broker_message){
	    .type = BROKER_PASSWORD, .id = 1, .user = login.user,
	    .login = login.login, .password = "nor this" });
	assert_false(decide_about(0, &login, answer.attempt).allowed);
}

/* --- versions ------------------------------------------------------------ */

/* A question whose first octet is another. */
static size_t
question_of_version(unsigned char packet[BROKER_MESSAGE_MAX],
    enum broker_type type, unsigned char version)
{
	struct broker_message question = login_of_alice;
	size_t size;

	question.type = type;
	size = broker_encode(packet, &question);
	packet[0] = version;
	return size;
}

static void
refuses_other_versions(void **state)
{
	static const struct {
		unsigned char version;
		const char *text;
	} rows[] = {
		{ 1, "vmauthzd speaks version 2, this plugin version 1: "
		    "upgrade the plugin and restart the VM" },
		{ 3, "vmauthzd speaks version 2, this plugin version 3: "
		    "upgrade vmauthzd" },
	};
	unsigned char packet[BROKER_MESSAGE_MAX], room[BROKER_MESSAGE_MAX];
	int count;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size = question_of_version(packet, BROKER_LOOKUP,
		    rows[i].version);
		size_t length = strlen(rows[i].text);
		const unsigned char head[] = { rows[i].version, 0xff, 0, 0, 0,
		    7, 0, BROKER_E_VERSION, 0, (unsigned char)length };

		TITLE(rows[i].text);
		assert_int_equal(exchange(0, packet, size, room, true),
		    sizeof(head) + length + 1);
		assert_memory_equal(room, head, sizeof(head));
		assert_string_equal((const char *)room + sizeof(head),
		    rows[i].text);
	}
	last_line(&count);
	assert_int_equal(count, 1);
	daemon_here.version_logged = -1;	/* but once a connection */
	exchange(0, packet, question_of_version(packet, BROKER_LOOKUP, 1), room,
	    true);
	last_line(&count);
	assert_int_equal(count, 0);
	/* its answer would be taken for the next question's */
	exchange(0, packet, question_of_version(packet, BROKER_END, 1), room,
	    false);
	/* and the connection is as good as before */
	assert_true(decide_about(0, &login_of_alice,
	    look_up(0, &login_of_alice)).allowed);
}

static void
logs_which_side_to_upgrade(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX], room[BROKER_MESSAGE_MAX];
	size_t size = question_of_version(packet, BROKER_DECIDE, 1);
	int count;

	(void)state;
	daemon_here.version_logged = -1;	/* the second is over */
	for (int i = 0; i < 3; i++)
		exchange(1, packet, size, room, true);
	assert_non_null(strstr(last_line(&count), "vmauthzd: broker: vmauthzd"
	    " speaks version 2, this plugin version 1: upgrade the plugin and"
	    " restart the VM vm=\"debianx\" pid=\""));
	assert_int_equal(count, 1);
}

/* Empties the log for the next test. */
static int
forget_lines(void **state)
{
	int count;

	(void)state;
	last_line(&count);
	return 0;
}

#define ATTEMPT_TEST(test) cmocka_unit_test_setup(test, forget_lines)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ATTEMPT_TEST(decides_once),
		ATTEMPT_TEST(decides_on_its_connection),
		ATTEMPT_TEST(decides_about_its_login),
		ATTEMPT_TEST(wants_a_number),
		ATTEMPT_TEST(asks_back_with_the_same_number),
		ATTEMPT_TEST(numbers_passwords),
		ATTEMPT_TEST(refuses_other_versions),
		ATTEMPT_TEST(logs_which_side_to_upgrade),
	};

	/* the daemon reads this process's command line, as it would QEMU's */
	if (argc == 1) {
		execl("/proc/self/exe", argv[0], "-name", "debianx", NULL);
		return 99;
	}
	return cmocka_run_group_tests_name("broker-attempt", tests, set_up,
	    tear_down);
}
