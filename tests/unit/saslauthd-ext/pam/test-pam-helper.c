/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A PAM helper in a child, with services of our own that any user may have:
 * pam_start() below comes before libpam's. */

#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "saslauthd-ext/pam/pam_helper.h"
#include "saslauthd-ext/pam/pam_message.h"

#define ODD(arguments) PAM_ODD " " arguments "\n"
#define AUTH(arguments) "auth required " ODD(arguments)
#define ACCOUNT(arguments) "account required " ODD(arguments)
#define RIGHT AUTH("ask=secret")
#define FINE ACCOUNT("")

static char folder[] = "/tmp/test-pam-helper.XXXXXX";

int
pam_start(const char *service, const char *user, const struct pam_conv *conv,
    pam_handle_t **pam_r)
{
	return pam_start_confdir(service, user, conv, folder, pam_r);
}

/* --- a helper ------------------------------------------------------------ */

struct helper {
	pid_t pid;
	int socket;
};

static struct helper
start(void)
{
	struct helper helper;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	helper.pid = fork();
	assert_true(helper.pid >= 0);
	if (helper.pid == 0) {
		close(pair[0]);
		pam_helper_run(pair[1]);
	}
	close(pair[1]);
	helper.socket = pair[0];
	return helper;
}

/* Returns how it ended. */
static int
end(struct helper *helper)
{
	int status;

	close(helper->socket);
	assert_int_equal(waitpid(helper->pid, &status, 0), helper->pid);
	return status;
}

static void
assert_exit(int status, int wanted)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), wanted);
}

/* What comes back within ten seconds: octets, 0 at the end. */
static ssize_t
hear(const struct helper *helper, struct pam_answer *answer_r, int wait)
{
	struct pollfd poll_fd = { .fd = helper->socket, .events = POLLIN };

	if (poll(&poll_fd, 1, wait) != 1)
		return -1;
	return recv(helper->socket, answer_r, sizeof(*answer_r), MSG_TRUNC);
}

static void
put_text(char *array, size_t size, const char *text)
{
	assert_true(strlen(text) < size);
	memcpy(array, text, strlen(text));
}

#define PUT(question, member, text) \
	put_text((question)->member, sizeof((question)->member), (text))

static struct pam_question
question_of(const char *service, const char *user, const char *password)
{
	static uint32_t id = 1000;
	struct pam_question question;

	memset(&question, 0, sizeof(question));
	question.id = ++id;
	PUT(&question, service, service);
	PUT(&question, user, user);
	PUT(&question, password, password);
	PUT(&question, tty, "debianx");
	return question;
}

static struct pam_answer
ask(const struct helper *helper, const struct pam_question *question)
{
	struct pam_answer answer;

	assert_int_equal(send(helper->socket, question, sizeof(*question),
	    MSG_NOSIGNAL), sizeof(*question));
	assert_int_equal(hear(helper, &answer, 10000), sizeof(answer));
	assert_int_equal(answer.id, question->id);
	return answer;
}

static void
write_service(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* --- answers ------------------------------------------------------------- */

static const struct {
	const char *title;
	const char *service;	/* lines; NULL: there is no such file */
	const char *password;
	int result, code, account;
} answers[] = {
	{ "right", RIGHT FINE, "secret", PAM_ACCEPTED, PAM_SUCCESS, 0 },
	{ "wrong", RIGHT FINE, "Secret", PAM_REFUSED, PAM_AUTH_ERR, 0 },
	{ "beginning of it", RIGHT FINE, "secre", PAM_REFUSED, PAM_AUTH_ERR,
	    0 },
	{ "more than it", RIGHT FINE, "secret1", PAM_REFUSED, PAM_AUTH_ERR,
	    0 },
	{ "account refuses", RIGHT ACCOUNT("code=6"), "secret", PAM_REFUSED,
	    PAM_PERM_DENIED, 1 },
	{ "account expired", RIGHT ACCOUNT("code=13"), "secret", PAM_REFUSED,
	    PAM_ACCT_EXPIRED, 1 },
	{ "password to be changed", RIGHT ACCOUNT("code=12"), "secret",
	    PAM_REFUSED, PAM_NEW_AUTHTOK_REQD, 1 },
	{ "password expired", RIGHT ACCOUNT("code=27"), "secret", PAM_REFUSED,
	    PAM_AUTHTOK_EXPIRED, 1 },
	{ "account can't be told", RIGHT ACCOUNT("code=9"), "secret",
	    PAM_BROKEN, PAM_AUTHINFO_UNAVAIL, 1 },
	{ "wrong, and an account that refuses", RIGHT ACCOUNT("code=6"), "no",
	    PAM_REFUSED, PAM_AUTH_ERR, 0 },
	{ "unknown user", AUTH("code=10") FINE, "secret", PAM_REFUSED,
	    PAM_USER_UNKNOWN, 0 },
	{ "too many tries", AUTH("code=11") FINE, "secret", PAM_REFUSED,
	    PAM_MAXTRIES, 0 },
	{ "directory is away", AUTH("code=9") FINE, "secret", PAM_BROKEN,
	    PAM_AUTHINFO_UNAVAIL, 0 },
	{ "no such module", "auth required /nonexistent/pam.so\n" FINE,
	    "secret", PAM_BROKEN, PAM_MODULE_UNKNOWN, 0 },
	{ "no account lines", RIGHT, "secret", PAM_REFUSED, PAM_PERM_DENIED,
	    1 },
	{ "nothing", "", "secret", PAM_REFUSED, PAM_PERM_DENIED, 0 },
	{ "no such service", NULL, "secret", PAM_BROKEN, PAM_ABORT, 0 },
	{ "visible input is the name", AUTH("name=alice ask=secret") FINE,
	    "secret", PAM_ACCEPTED, PAM_SUCCESS, 0 },
	{ "visible input is not the password", AUTH("name=secret") FINE,
	    "secret", PAM_REFUSED, PAM_AUTH_ERR, 0 },
	{ "text is not answered", AUTH("say ask=secret") FINE, "secret",
	    PAM_ACCEPTED, PAM_SUCCESS, 0 },
	{ "several prompts at once", AUTH("count=32") FINE, "secret",
	    PAM_ACCEPTED, PAM_SUCCESS, 0 },
	{ "no prompts at once", AUTH("count=0") FINE, "secret", PAM_BROKEN,
	    PAM_CONV_ERR, 0 },
	{ "fewer than none", AUTH("count=-1") FINE, "secret", PAM_BROKEN,
	    PAM_CONV_ERR, 0 },
	{ "more at once than PAM has", AUTH("count=33") FINE, "secret",
	    PAM_BROKEN, PAM_CONV_ERR, 0 },
	{ "as many in all as may be", AUTH("count=32 count=32") FINE, "secret",
	    PAM_ACCEPTED, PAM_SUCCESS, 0 },
	{ "one too many", AUTH("count=32 count=32 ask=secret") FINE, "secret",
	    PAM_BROKEN, PAM_CONV_ERR, 0 },
	{ "prompts for ever", AUTH("for-ever") FINE, "secret", PAM_BROKEN,
	    PAM_CONV_ERR, 0 },
	{ "prompts for ever, account", RIGHT ACCOUNT("for-ever"), "secret",
	    PAM_BROKEN, PAM_CONV_ERR, 1 },
	{ "another user", AUTH("ask=secret user=root") FINE, "secret",
	    PAM_REFUSED, PAM_USER_UNKNOWN, 1 },
	{ "another user, account", RIGHT ACCOUNT("user=alice2"), "secret",
	    PAM_REFUSED, PAM_USER_UNKNOWN, 1 },
	{ "the user in capitals", AUTH("ask=secret user=Alice") FINE, "secret",
	    PAM_REFUSED, PAM_USER_UNKNOWN, 1 },
	{ "no user", AUTH("ask=secret no-user") FINE, "secret", PAM_REFUSED,
	    PAM_USER_UNKNOWN, 1 },
	{ "another user and back", AUTH("ask=secret user=bob user=alice") FINE,
	    "secret", PAM_ACCEPTED, PAM_SUCCESS, 0 },
};

/* One helper for all: nothing of one question stays for the next. */
static void
answers_as_modules_say(void **state)
{
	struct helper helper = start();

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		char name[CONFIG_SERVICE_MAX + 1];
		struct pam_question question;
		struct pam_answer answer;

		TITLE(answers[i].title);
		snprintf(name, sizeof(name), "row%zu", i);
		if (answers[i].service != NULL)
			write_service(name, answers[i].service);
		question = question_of(name, "alice", answers[i].password);
		answer = ask(&helper, &question);
		assert_int_equal(answer.code, answers[i].code);
		assert_int_equal(answer.result, answers[i].result);
		assert_int_equal(answer.account != 0, answers[i].account);
	}
	assert_exit(end(&helper), EX_OK);
}

static void
does_not_wait_after_a_failure(void **state)
{
	struct helper helper = start();
	struct pam_question question = question_of("delay", "alice", "secret");
	struct timespec before, after;

	(void)state;
	write_service("delay", AUTH("delay=6000000") FINE);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(ask(&helper, &question).result, PAM_REFUSED);
	clock_gettime(CLOCK_MONOTONIC, &after);
	/* libpam sleeps half of it at least */
	assert_true(after.tv_sec - before.tv_sec < 3);
	assert_exit(end(&helper), EX_OK);
}

/* --- what modules are told ----------------------------------------------- */

static const struct {
	const char *title, *tty, *rhost;
	const char *seen;
} items[] = {
	{ "everything", "debianx", "192.0.2.1",
	    "alice@example.org|debianx|192.0.2.1|items|auth|secret" },
	{ "no address", "debianx", "",
	    "alice@example.org|debianx||items|auth|secret" },
	{ "no VM", "", "2001:db8::1",
	    "alice@example.org||2001:db8::1|items|auth|secret" },
	{ "a name that a shell would take", "$(id)'; x", "192.0.2.1",
	    "alice@example.org|$(id)'; x|192.0.2.1|items|auth|secret" },
};

static void
write_reporter(void)
{
	char text[512], path[128];

	snprintf(path, sizeof(path), "%s/report", folder);
	write_service("report", "#!/bin/sh\n"
	    "printf '%s|%s|%s|%s|%s|' \"$PAM_USER\" \"$PAM_TTY\" "
	    "\"$PAM_RHOST\" \"$PAM_SERVICE\" \"$PAM_TYPE\" >\"${0%/*}/seen\"\n"
	    "tr -d '\\0' >>\"${0%/*}/seen\"\n");
	assert_int_equal(chmod(path, 0755), 0);
	snprintf(text, sizeof(text), "auth optional %s ask=secret\n"
	    "auth required pam_exec.so expose_authtok quiet %s\n"
	    "account required %s\n", PAM_ODD, path, PAM_ODD);
	write_service("items", text);
}

static void
tells_modules_whom_and_where(void **state)
{
	struct helper helper = start();

	(void)state;
	write_reporter();
	for (size_t i = 0; i < COUNT(items); i++) {
		struct pam_question question = question_of("items",
		    "alice@example.org", "secret");
		char path[128], seen[256] = "";
		FILE *file;

		TITLE(items[i].title);
		memset(question.tty, 0, sizeof(question.tty));
		PUT(&question, tty, items[i].tty);
		PUT(&question, rhost, items[i].rhost);
		assert_int_equal(ask(&helper, &question).result, PAM_ACCEPTED);
		snprintf(path, sizeof(path), "%s/seen", folder);
		file = fopen(path, "r");
		assert_non_null(file);
		assert_non_null(fgets(seen, sizeof(seen), file));
		fclose(file);
		assert_string_equal(seen, items[i].seen);
	}
	assert_exit(end(&helper), EX_OK);
}

/* --- ill-formed questions ------------------------------------------------ */

#define FIELD(member) \
	offsetof(struct pam_question, member), \
	sizeof(((struct pam_question *)NULL)->member)

static const struct {
	const char *title;
	size_t offset, size;
	const char *text;	/* NULL: no NUL in all the field */
} ill_formed[] = {
	{ "service without end", FIELD(service), NULL },
	{ "user without end", FIELD(user), NULL },
	{ "tty without end", FIELD(tty), NULL },
	{ "rhost without end", FIELD(rhost), NULL },
	{ "password without end", FIELD(password), NULL },
	{ "no service", FIELD(service), "" },
	{ "no user", FIELD(user), "" },
	{ "no password", FIELD(password), "" },
	{ "service with a path", FIELD(service), "/etc/pam.d/yes" },
	{ "service in another folder", FIELD(service), "../yes" },
	{ "service in a folder below", FIELD(service), "folder/yes" },
	{ "service is the folder", FIELD(service), "." },
	{ "service is the folder above", FIELD(service), ".." },
	{ "hidden service", FIELD(service), ".yes" },
	{ "service with a space", FIELD(service), "yes " },
	{ "service with a line feed", FIELD(service), "yes\n" },
	{ "service that is no ASCII", FIELD(service), "y\xc3\xa9s" },
};

/* All of them would be accepted, were they asked. */
static void
refuses_ill_formed_questions(void **state)
{
	static const char *const services[] = { "yes", ".yes", "yes ", "yes\n",
	    "y\xc3\xa9s", "other" };
	struct helper helper = start();
	struct pam_question question = question_of("yes", "alice", "secret");

	(void)state;
	for (size_t i = 0; i < COUNT(services); i++)
		write_service(services[i], AUTH("") FINE);
	assert_int_equal(ask(&helper, &question).result, PAM_ACCEPTED);
	for (size_t i = 0; i < COUNT(ill_formed); i++) {
		struct pam_answer answer;
		char *field = (char *)&question + ill_formed[i].offset;

		TITLE(ill_formed[i].title);
		question = question_of("yes", "alice", "secret");
		memset(field, ill_formed[i].text == NULL ? 'a' : 0,
		    ill_formed[i].size);
		if (ill_formed[i].text != NULL)
			put_text(field, ill_formed[i].size, ill_formed[i].text);
		answer = ask(&helper, &question);
		assert_int_equal(answer.result, PAM_REFUSED);
		assert_int_equal(answer.code, PAM_SYSTEM_ERR);
		assert_int_equal(answer.account, 0);
	}
	assert_exit(end(&helper), EX_OK);
}

static const size_t sizes[] = {
	1, 4, sizeof(struct pam_question) - 1, sizeof(struct pam_question) + 1,
	2 * sizeof(struct pam_question),
};

static void
ends_at_a_packet_of_another_size(void **state)
{
	static char packet[2 * sizeof(struct pam_question)];
	struct pam_question question = question_of("yes", "alice", "secret");

	(void)state;
	memcpy(packet, &question, sizeof(question));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct helper helper = start();
		struct pam_answer answer;

		assert_int_equal(send(helper.socket, packet, sizes[i], 0),
		    sizes[i]);
		assert_true(hear(&helper, &answer, 10000) <= 0);
		assert_exit(end(&helper), EX_PROTOCOL);
	}
}

/* --- its end ------------------------------------------------------------- */

static void
makes_room_for_a_fresh_one(void **state)
{
	struct helper helper = start();
	struct pam_answer answer;

	(void)state;
	for (int i = 0; i < PAM_HELPER_QUESTIONS; i++) {
		struct pam_question question = question_of("yes", "alice",
		    "secret");

		assert_int_equal(ask(&helper, &question).result, PAM_ACCEPTED);
	}
	assert_int_equal(hear(&helper, &answer, 10000), 0);
	assert_exit(end(&helper), EX_OK);
}

/* Which the worker sees, and takes for no answer. */
static void
says_nothing_if_a_module_crashes(void **state)
{
	struct pam_question question = question_of("crash", "alice", "secret");
	struct helper helper = start();
	struct pam_answer answer;
	int status;

	(void)state;
	write_service("crash", AUTH("crash") FINE);
	assert_int_equal(send(helper.socket, &question, sizeof(question), 0),
	    sizeof(question));
	assert_int_equal(hear(&helper, &answer, 10000), 0);
	status = end(&helper);
	assert_true(WIFSIGNALED(status));
}

static void
says_nothing_while_a_module_hangs(void **state)
{
	struct pam_question question = question_of("hang", "alice", "secret");
	struct helper helper = start();
	struct pam_answer answer;
	int status;

	(void)state;
	write_service("hang", AUTH("hang") FINE);
	assert_int_equal(send(helper.socket, &question, sizeof(question), 0),
	    sizeof(question));
	assert_int_equal(hear(&helper, &answer, 300), -1);
	kill(helper.pid, SIGKILL);
	status = end(&helper);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_as_modules_say),
		cmocka_unit_test(does_not_wait_after_a_failure),
		cmocka_unit_test(tells_modules_whom_and_where),
		cmocka_unit_test(refuses_ill_formed_questions),
		cmocka_unit_test(ends_at_a_packet_of_another_size),
		cmocka_unit_test(makes_room_for_a_fresh_one),
		cmocka_unit_test(says_nothing_if_a_module_crashes),
		cmocka_unit_test(says_nothing_while_a_module_hangs),
	};

	return cmocka_run_group_tests_name("pam_helper", tests, make_folder,
	    remove_folder);
}
