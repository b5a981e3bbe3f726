/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The socket "mux": what a libsasl2 that knows nothing of us gets out of it. */

#include "tests/unit/saslauthd-ext/worker-fixture.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "saslauthd-ext/worker/mux.h"
#include "saslauthd-ext/worker/mux_service.h"

struct mux_request_bytes {
	const char *login, *password, *service, *realm;
};

struct octets {
	size_t size;
	unsigned char data[MUX_REQUEST_MAX + 64];
};

static void
add(struct octets *octets, const char *text, size_t size)
{
	octets->data[octets->size++] = (unsigned char)(size >> 8);
	octets->data[octets->size++] = (unsigned char)size;
	memcpy(octets->data + octets->size, text, size);
	octets->size += size;
}

static struct octets
octets_of(const struct mux_request_bytes *request)
{
	struct octets octets = { .size = 0 };

	add(&octets, request->login, strlen(request->login));
	add(&octets, request->password, strlen(request->password));
	add(&octets, request->service, strlen(request->service));
	add(&octets, request->realm, strlen(request->realm));
	return octets;
}

static int
open_client(struct worker *worker)
{
	if (worker->kind == NULL)
		worker_open_service(worker, &mux_service);
	return worker_connect(worker);
}

static void
put(int fd, const void *data, size_t size)
{
	assert_int_equal(send(fd, data, size, MSG_NOSIGNAL), size);
}

/* "OK", "NO", or "" for an end without an answer; the end follows. */
static const char *
hear(struct worker *worker, int fd)
{
	static char answer[MUX_ANSWER_MAX];
	size_t used = 0;
	ssize_t got;

	do {
		worker_await(worker, fd);
		got = recv(fd, answer + used, sizeof(answer) - 1 - used, 0);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	close(fd);
	answer[used] = '\0';
	if (used == 0)
		return "";
	assert_true(used >= 4 && answer[0] == 0 &&
	    answer[1] == (char)(used - 2));
	answer[4] = '\0';
	return answer + 2;
}

static const char *
ask(struct worker *worker, const struct mux_request_bytes *request)
{
	struct octets octets = octets_of(request);
	int fd = open_client(worker);

	put(fd, octets.data, octets.size);
	return hear(worker, fd);
}

static const struct mux_request_bytes alice = { "alice", "secret alice",
	"spice", "example.org" };

static int
count(struct worker *worker, const char *file, const char *rows)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", rows);
	return atoi(worker_query(worker, file, sql));
}

/* --- answers ------------------------------------------------------------- */

static void
answers(void **state)
{
	static const struct {
		const char *title;
		struct mux_request_bytes request;
		const char *answer, *reason;
	} rows[] = {
		{ "right", { "alice", "secret alice", "spice",
		    "example.org" }, "OK", "allowed by grant" },
		{ "a realm in upper case", { "alice", "secret alice", "spice",
		    "EXAMPLE.ORG" }, "OK", "allowed by grant" },
		{ "no realm", { "alice", "secret alice", "spice", "" }, "OK",
		    "allowed by grant" },
		{ "PAM, right", { "dora", "secret dora", "spice",
		    "local.example.org" }, "OK", "allowed by grant" },
		{ "wrong", { "alice", "secret", "spice", "example.org" },
		    "NO", "wrong password" },
		{ "none", { "alice", "", "spice", "example.org" }, "NO",
		    "wrong password" },
		{ "PAM, wrong", { "dora", "secret", "spice",
		    "local.example.org" }, "NO",
		    "PAM refuses the password or the account" },
		{ "PAM's name in the policy's realm", { "dora", "secret dora",
		    "spice", "example.org" }, "NO", "unknown user" },
		{ "no grant", { "bob", "secret bob", "spice", "example.org" },
		    "NO", "no grant" },
		{ "disabled", { "carol", "secret carol", "spice",
		    "example.org" }, "NO", "user disabled" },
		{ "unknown", { "gina", "secret gina", "spice",
		    "example.org" }, "NO", "unknown user" },
		{ "nobody vouches", { "emil", "secret emil", "spice",
		    "closed.example.org" }, "NO", "wrong password" },
		{ "another service", { "alice", "secret alice", "vnc",
		    "example.org" }, "NO", "a grant is for another service" },
		/* whose account can't be told here */
		{ "wants an account", { "fritz", "secret fritz", "spice",
		    "example.org" }, "NO",
		    "a grant asks for another local account" },
	};
	struct worker *worker = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].title);
		assert_string_equal(ask(worker, &rows[i].request),
		    rows[i].answer);
		assert_int_equal(count(worker, "audit.db", "records"), i + 1);
		assert_string_equal(worker_query(worker, "audit.db",
		    "SELECT reason FROM records ORDER BY id DESC"),
		    rows[i].reason);
	}
	assert_int_equal(count(worker, "audit.db", "records WHERE vm ="
	    " 'debianx' AND socket = 'mux' AND client IS NULL"), COUNT(rows));
	assert_int_equal(count(worker, "state.db", "sessions"), 0);
}

/* Many at once, and each gets its own. */
static void
answers_each_its_own(void **state)
{
	const struct octets right = octets_of(&alice);
	const struct octets wrong = octets_of(&(struct mux_request_bytes){
	    "dora", "x", "spice", "local.example.org" });
	struct worker *worker = *state;
	int fds[8];

	for (size_t i = 0; i < COUNT(fds); i++) {
		const struct octets *octets = i % 2 == 0 ? &right : &wrong;

		fds[i] = open_client(worker);
		put(fds[i], octets->data, octets->size);
	}
	for (size_t i = 0; i < COUNT(fds); i++)
		assert_string_equal(hear(worker, fds[i]),
		    i % 2 == 0 ? "OK" : "NO");
}

/* --- how a request comes ------------------------------------------------- */

static void
takes_a_request_in_pieces(void **state)
{
	const struct octets octets = octets_of(&alice);
	struct worker *worker = *state;
	int fd = open_client(worker);

	for (size_t i = 0; i < octets.size; i++) {
		put(fd, octets.data + i, 1);
		worker_settle(worker);
	}
	assert_string_equal(hear(worker, fd), "OK");
}

/* Who goes before all is said has asked nothing. */
static void
forgets_a_request_that_is_cut(void **state)
{
	const struct octets octets = octets_of(&alice);
	struct worker *worker = *state;

	for (size_t size = 0; size < octets.size; size += 3) {
		int fd = open_client(worker);

		put(fd, octets.data, size);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_string_equal(hear(worker, fd), "");
	}
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	assert_string_equal(ask(worker, &alice), "OK");
}

static const char no_request[] =
    " reason=\"not a request of saslauthd's protocol";

static void
refuses_what_is_no_request(void **state)
{
	struct octets rows[3] = { octets_of(&alice), { .size = 0 },
	    { .size = 0 } };
	static const char *const titles[] = { "something behind it",
	    "a zero octet", "a length of 1025" };
	static char text[MUX_TEXT_MAX + 1];
	struct worker *worker = *state;

	rows[0].data[rows[0].size++] = 'x';
	add(&rows[1], "ali\0ce", 6);
	add(&rows[1], "secret", 6);
	add(&rows[1], "", 0);
	add(&rows[1], "", 0);
	memset(text, 'x', sizeof(text));
	add(&rows[2], text, sizeof(text));
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = open_client(worker);

		TITLE(titles[i]);
		put(fd, rows[i].data, rows[i].size);
		assert_string_equal(hear(worker, fd), "NO");
		assert_non_null(strstr(worker_logged(worker), no_request));
	}
	assert_int_equal(count(worker, "audit.db", "records"), 0);
	assert_string_equal(ask(worker, &alice), "OK");
}

/* As long as it may be, and one octet more. */
static void
bounds_a_request(void **state)
{
	static char text[MUX_TEXT_MAX + 1];
	const struct mux_request_bytes longest = { text, text, text, text };
	struct octets octets;
	struct worker *worker = *state;
	int fd;

	memset(text, 'x', MUX_TEXT_MAX);
	assert_string_equal(ask(worker, &longest), "NO");
	assert_null(strstr(worker_logged(worker), no_request));
	octets = octets_of(&longest);
	octets.data[octets.size++] = 'x';
	fd = open_client(worker);
	put(fd, octets.data, octets.size);
	assert_string_equal(hear(worker, fd), "NO");
	assert_non_null(strstr(worker_logged(worker), no_request));
}

static void
waits_no_longer_than_its_patience(void **state)
{
	static struct service_kind hasty;
	const struct octets octets = octets_of(&alice);
	struct worker *worker = *state;
	int fd;

	hasty = mux_service;
	hasty.timeout = 1;
	worker_open_service(worker, &hasty);
	fd = worker_connect(worker);
	put(fd, octets.data, octets.size - 1);
	assert_string_equal(hear(worker, fd), "NO");
	assert_non_null(strstr(worker_logged(worker),
	    " reason=\"the request did not come in time"));
	assert_int_equal(count(worker, "audit.db", "records"), 0);
}

/* PAM may take longer than a request. */
static void
waits_for_pam(void **state)
{
	const struct octets octets = octets_of(&(struct mux_request_bytes){
	    "dora", "secret dora", "spice", "local.example.org" });
	static struct service_kind hasty;
	struct worker *worker = *state;
	time_t end;
	int fd;

	hasty = mux_service;
	hasty.timeout = 1;
	worker->pam = WORKER_PAM_HOLDS;
	worker_open_service(worker, &hasty);
	fd = worker_connect(worker);
	put(fd, octets.data, octets.size);
	for (end = time(NULL) + 2; time(NULL) <= end; usleep(10000))
		worker_settle(worker);
	assert_int_equal(worker->questions, 1);
	worker_pam_answer(worker);
	assert_string_equal(hear(worker, fd), "OK");
}

/* --- who asks ------------------------------------------------------------ */

static void
refuses_who_is_no_vm(void **state)
{
	const struct octets octets = octets_of(&alice);
	struct worker *worker = *state;
	int fd;

	worker_open_service(worker, &mux_service);
	fd = worker_connect_as(worker, "");
	put(fd, octets.data, octets.size);
	assert_string_equal(hear(worker, fd), "NO");
	assert_non_null(strstr(worker_logged(worker),
	    " reason=\"the process that asks is no known VM"));
	fd = worker_connect_as(worker, "kali");
	put(fd, octets.data, octets.size);
	assert_string_equal(hear(worker, fd), "NO");
	assert_string_equal(worker_query(worker, "audit.db",
	    "SELECT vm || ': ' || reason FROM records"), "kali: no grant");
	assert_int_equal(count(worker, "audit.db", "records"), 1);
}

static void
refuses_operators(void **state)
{
	struct worker *worker = *state;

	worker->config.user_count = 0;
	assert_string_equal(ask(worker, &alice), "NO");
	worker->config.operator_count = 0;
	assert_string_equal(ask(worker, &alice), "");
	assert_int_equal(count(worker, "audit.db", "records"), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WORKER_TEST(answers),
		WORKER_TEST(answers_each_its_own),
		WORKER_TEST(takes_a_request_in_pieces),
		WORKER_TEST(forgets_a_request_that_is_cut),
		WORKER_TEST(refuses_what_is_no_request),
		WORKER_TEST(bounds_a_request),
		WORKER_TEST(waits_no_longer_than_its_patience),
		WORKER_TEST(waits_for_pam),
		WORKER_TEST(refuses_who_is_no_vm),
		WORKER_TEST(refuses_operators),
	};

	worker_be_vm(argc, argv);
	return cmocka_run_group_tests_name("mux_service", tests, NULL, NULL);
}
