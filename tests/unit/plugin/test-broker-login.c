/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whole logins through libsasl2 and the built plugin, which asks a daemon
 * (vmauthz_broker): what the daemon is told, and what happens without it. */

#include "tests/unit/unit.h"

#include <dirent.h>
#include <sasl/sasl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scram/scram.h"
#include "tests/unit/plugin/exchange.h"
#include "tests/unit/plugin/fake-broker.h"

enum { TIMEOUT_MS = 600, QUICK_MS = 250, SLACK_MS = 200 };

static char directory[] = "/tmp/vmauthz-broker-login-XXXXXX";
static char socket_path[64];
static char last_line[2048];	/* that the plugin gave libsasl2 to log */

static const char *const allowed[] = { "alice@example.org", "carol@other.net",
	NULL };
static struct fake_broker fake = {
	.path = socket_path,
	.allowed = allowed,
	.password = "apw",
	.next_session = 1000,
};

/* --- set-up -------------------------------------------------------------- */

/* The mechanisms and libsasl2 log, too. */
static int
take_line(void *context, int level, const char *line)
{
	static const char *const ours[] = { "allow ", "deny ", "vmauthz: " };

	(void)context;
	(void)level;
	for (size_t i = 0; i < COUNT(ours); i++) {
		if (strncmp(line, ours[i], strlen(ours[i])) == 0)
			snprintf(last_line, sizeof(last_line), "%s", line);
	}
	return SASL_OK;
}

static void
write_configuration(void)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/qemu.conf", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "mech_list: scram-sha-256 plain login\n"
	    "auxprop_plugin: vmauthz\ncanon_user_plugin: vmauthz\n"
	    "vmauthz_default_realm: example.org\nlog_level: 4\n"
	    "pwcheck_method: saslauthd\nsaslauthd_path: %s/none\n"
	    "vmauthz_broker: %s\nvmauthz_broker_timeout: %d\n", directory,
	    socket_path, TIMEOUT_MS);
	fclose(file);
}

static void
link_plugins(const char *build)
{
	static const char *const stock[] = { "libscram.so", "libplain.so",
		"liblogin.so" };
	char path[512];

	snprintf(path, sizeof(path), "%s/plugin/.libs/libvmauthz.so", build);
	exchange_link(directory, path, "libvmauthz.so");
	for (size_t i = 0; i < COUNT(stock); i++) {
		snprintf(path, sizeof(path), "%s/%s", SASL_PLUGIN_DIRECTORY,
		    stock[i]);
		exchange_link(directory, path, stock[i]);
	}
}

static int
set_up(void **state)
{
	static const sasl_callback_t callbacks[] = {
		{ SASL_CB_LOG, (int (*)(void))(uintptr_t)take_line, NULL },
		{ SASL_CB_LIST_END, NULL, NULL },
	};
	const char *build = getenv("top_builddir");

	(void)state;
	if (build == NULL || mkdtemp(directory) == NULL)
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/broker", directory);
	link_plugins(build);
	write_configuration();
	assert_int_equal(scram_verifier_make("SCRAM-SHA-256", fake.password,
	    5000, &fake.verifier), 0);
	fake_start(&fake);
	setenv("SASL_PATH", directory, 1);
	setenv("SASL_CONF_PATH", directory, 1);
	return sasl_server_init(callbacks, "qemu") == SASL_OK &&
	    sasl_client_init(NULL) == SASL_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	sasl_client_done();
	sasl_server_done();
	fake_stop(&fake);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* --- one login ----------------------------------------------------------- */

struct attempt {
	const char *title;
	const char *mechanism;
	struct credentials credentials;
	int result;
	const char *reason;	/* that QEMU's log is given */
};

static const struct attempt
    scram_alice = { "", "SCRAM-SHA-256", { "alice@example.org", "apw" },
	0, "" },
    plain_alice = { "", "PLAIN", { "alice@example.org", "apw" }, 0, "" };

/* The connection, for who wants to keep it. */
static sasl_conn_t *
try_login(const struct attempt *attempt, struct exchange *exchange)
{
	sasl_conn_t *server = exchange_server(4711);

	last_line[0] = '\0';
	exchange_run(server, attempt->mechanism, &attempt->credentials,
	    exchange);
	return server;
}

static int
login(const struct attempt *attempt)
{
	struct exchange exchange;
	sasl_conn_t *server = try_login(attempt, &exchange);

	sasl_dispose(&server);
	return exchange.result;
}

/* A login that has to fail with the row's result and reason, within ms. */
static void
refuses(const struct attempt *attempt, int64_t milliseconds)
{
	struct exchange exchange;
	sasl_conn_t *server;

	TITLE(attempt->title);
	server = try_login(attempt, &exchange);
	assert_int_equal(exchange.result, attempt->result);
	fprintf(stderr, "# %s\n", sasl_errdetail(server));
	assert_non_null(strstr(sasl_errdetail(server), attempt->reason));
	assert_in_range(exchange.nanoseconds / 1000000, 0, milliseconds);
	sasl_dispose(&server);
}

/* --- a daemon that answers ----------------------------------------------- */

static void
asks_for_a_verifier(void **state)
{
	(void)state;
	fake_reset(&fake);
	assert_int_equal(login(&scram_alice), SASL_OK);
	assert_int_equal(fake_asked(&fake, BROKER_LOOKUP), 1);
	assert_int_equal(fake_asked(&fake, BROKER_PASSWORD), 0);
	assert_int_equal(fake_asked(&fake, BROKER_DECIDE), 1);
	assert_string_equal(fake.seen.user, "alice@example.org");
	assert_string_equal(fake.seen.mechanism, "SCRAM-SHA-256");
	assert_string_equal(fake.seen.service, "spice");
	assert_string_equal(fake.seen.client, "127.0.0.1");
	assert_int_equal(fake.seen.port, 5900);
	assert_true(fake.seen.proved);
	assert_true(fake.seen.attempt != 0);
	assert_int_equal(fake.seen.attempt, fake.last_attempt);
	assert_string_equal(fake.seen.refusal, "");
	assert_false(fake.seen.local_asked);
	assert_string_equal(last_line, "");
}

/* Of any realm, whatever pwcheck_method says. */
static void
asks_for_a_password(void **state)
{
	static const struct attempt rows[] = {
		{ "alice@example.org", "PLAIN", { "alice", "apw" }, 0, "" },
		{ "alice@example.org", "LOGIN", { "alice", "apw" }, 0, "" },
		{ "carol@other.net", "LOGIN", { "carol@OTHER.net", "apw" }, 0,
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_reset(&fake);
		assert_int_equal(login(&rows[i]), SASL_OK);
		assert_int_equal(fake_asked(&fake, BROKER_LOOKUP), 0);
		assert_int_equal(fake_asked(&fake, BROKER_PASSWORD), 1);
		assert_int_equal(fake_asked(&fake, BROKER_DECIDE), 1);
		assert_string_equal(fake.seen.mechanism, rows[i].mechanism);
		assert_string_equal(fake.seen.user, rows[i].title);
		assert_int_equal(fake.seen.attempt, fake.last_attempt);
		assert_true(fake.seen.proved);
	}
}

/* The daemon has the last word on each, and its log the line. */
static void
tells_of_refusals(void **state)
{
	static const struct attempt rows[] = {
		{ "a decoy", "SCRAM-SHA-256", { "mallory", "apw" },
		    SASL_BADAUTH, "authentication failed" },
		{ "a wrong password", "SCRAM-SHA-256", { "alice", "no" },
		    SASL_BADAUTH, "authentication failed" },
		{ "a wrong password in clear", "PLAIN", { "alice", "no" },
		    SASL_BADAUTH, "wrong password" },
		{ "a wrong password by LOGIN", "LOGIN", { "alice", "apw2" },
		    SASL_BADAUTH, "wrong password" },
		{ "a right password, and no right", "PLAIN", { "bob", "apw" },
		    SASL_NOAUTHZ, "refused by vmauthzd" },
		{ "another realm's namesake", "PLAIN",
		    { "alice@other.net", "apw" }, SASL_NOAUTHZ,
		    "refused by vmauthzd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_reset(&fake);
		refuses(&rows[i], SLACK_MS);
		assert_int_equal(fake_asked(&fake, BROKER_DECIDE), 1);
		assert_int_equal(fake.seen.proved,
		    rows[i].result == SASL_NOAUTHZ);
		assert_int_equal(fake_ended(&fake, 0), 0);
		assert_string_equal(last_line, "");
	}
}

/* Its wrong answers, too, end in a refusal, which we log ourselves. */
static void
survives_errors(void **state)
{
	static const struct {
		struct attempt attempt;
		enum broker_type failing;
		size_t key_size;
	} rows[] = {
		{ { "an error for a verifier", "SCRAM-SHA-256",
		    { "alice", "apw" }, SASL_UNAVAIL,
		    "vmauthzd can't be asked: " }, BROKER_LOOKUP, 0 },
		{ { "an error for a password", "PLAIN", { "alice", "apw" },
		    SASL_UNAVAIL, "vmauthzd can't be asked: " },
		    BROKER_PASSWORD, 0 },
		{ { "an error for a decision", "PLAIN", { "alice", "apw" },
		    SASL_NOAUTHZ, "vmauthzd can't be asked: " },
		    BROKER_DECIDE, 0 },
		{ { "a verifier of SCRAM-SHA-512", "SCRAM-SHA-256",
		    { "alice", "apw" }, SASL_UNAVAIL,
		    "a verifier of another mechanism" }, 0, 64 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_reset(&fake);
		fake.failing = rows[i].failing;
		fake.key_size = rows[i].key_size;
		refuses(&rows[i].attempt, SLACK_MS);
		assert_non_null(strstr(last_line, rows[i].attempt.reason));
		assert_int_equal(strncmp(last_line, "deny user=\"alice@",
		    17), 0);
	}
}

/* Its own log has no line: this one says which side to upgrade. */
static void
names_another_version(void **state)
{
	static const struct {
		struct attempt attempt;
		uint8_t version;
	} rows[] = {
		{ { "an older daemon", "SCRAM-SHA-256", { "alice", "apw" },
		    SASL_UNAVAIL, "vmauthzd speaks version 1, this plugin "
		    "version 2: upgrade vmauthzd" }, 1 },
		{ { "a later one that does not say it", "PLAIN",
		    { "alice", "apw" }, SASL_UNAVAIL, "vmauthzd speaks version "
		    "3, this plugin version 2: upgrade the plugin and restart "
		    "the VM" }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_reset(&fake);
		fake.version = rows[i].version;
		refuses(&rows[i].attempt, SLACK_MS);
		assert_non_null(strstr(last_line, rows[i].attempt.reason));
	}
	fake_reset(&fake);
	assert_int_equal(login(&scram_alice), SASL_OK);
}

/* It is asked once more when a grant depends on the account. */
static void
finds_the_local_account(void **state)
{
	(void)state;
	fake_reset(&fake);
	fake.wants_local_user = true;
	assert_int_equal(login(&scram_alice), SASL_OK);
	assert_int_equal(fake_asked(&fake, BROKER_DECIDE), 2);
	assert_true(fake.seen.local_asked);
	assert_int_equal(fake.seen.attempt, fake.last_attempt);
	assert_true(fake.seen.proved);
}

/* As saslpasswd2(8) does. */
static void
stores_nothing(void **state)
{
	sasl_conn_t *server = exchange_server(4711);

	(void)state;
	last_line[0] = '\0';
	assert_int_not_equal(sasl_setpass(server, "alice@example.org", "new",
	    3, NULL, 0, SASL_SET_CREATE), SASL_OK);
	assert_non_null(strstr(last_line, "vmauthz passwd"));
	sasl_dispose(&server);
}

/* --- a daemon that doesn't ----------------------------------------------- */

static void
keeps_its_time(void **state)
{
	static const struct {
		struct attempt attempt;
		enum broker_type silent;
		int64_t most;
	} rows[] = {
		{ { "no verifier", "SCRAM-SHA-256", { "alice", "apw" },
		    SASL_UNAVAIL, "vmauthzd can't be asked: " },
		    BROKER_LOOKUP, QUICK_MS },
		{ { "no decision", "SCRAM-SHA-256", { "alice", "apw" },
		    SASL_NOAUTHZ, "vmauthzd can't be asked: " },
		    BROKER_DECIDE, QUICK_MS },
		{ { "no result", "PLAIN", { "alice", "apw" }, SASL_UNAVAIL,
		    "vmauthzd can't be asked: " }, BROKER_PASSWORD,
		    TIMEOUT_MS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_reset(&fake);
		fake.silent = rows[i].silent;
		refuses(&rows[i].attempt, rows[i].most + SLACK_MS);
		assert_non_null(strstr(last_line, "vmauthzd can't be asked"));
		/* a late answer is nobody else's */
		fake.silent = 0;
		assert_int_equal(login(&scram_alice), SASL_OK);
	}
}

static void
finds_it_again(void **state)
{
	struct attempt gone = scram_alice;

	(void)state;
	fake_reset(&fake);
	gone.reason = "vmauthzd can't be asked: ";
	gone.result = SASL_UNAVAIL;
	for (int i = 0; i < 3; i++) {
		fake_stop(&fake);
		gone.mechanism = i % 2 == 0 ? "SCRAM-SHA-256" : "PLAIN";
		refuses(&gone, SLACK_MS);
		assert_non_null(strstr(last_line, socket_path));
		fake_start(&fake);
		assert_int_equal(login(&scram_alice), SASL_OK);
		/* restarted while nobody looked */
		fake_stop(&fake);
		fake_start(&fake);
		assert_int_equal(login(&plain_alice), SASL_OK);
	}
}

/* --- the end of a session ------------------------------------------------ */

static void
ends_sessions(void **state)
{
	struct exchange exchange;
	sasl_conn_t *servers[3];
	uint64_t first;

	(void)state;
	fake_reset(&fake);
	first = fake.next_session;
	for (size_t i = 0; i < COUNT(servers); i++)
		servers[i] = try_login(&scram_alice, &exchange);
	assert_int_equal(fake.next_session, first + 3);
	assert_int_equal(fake_asked(&fake, BROKER_END), 0);
	for (size_t i = 0; i < COUNT(servers); i++) {
		sasl_dispose(&servers[i]);
		assert_int_equal(fake_ended(&fake, (unsigned int)i + 1),
		    i + 1);
		assert_int_equal(fake.ended[i], first + i);
	}
}

static void *
log_in(void *context)
{
	struct exchange exchange;
	sasl_conn_t *server = try_login(context, &exchange);

	assert_int_equal(exchange.result, SASL_UNAVAIL);
	sasl_dispose(&server);
	return NULL;
}

/* spice-server frees a stream on a worker thread while the main loop waits
 * for a password check. */
static void
ends_without_waiting(void **state)
{
	struct attempt attempt = plain_alice;
	struct exchange exchange;
	sasl_conn_t *server;
	int64_t before;
	pthread_t thread;

	(void)state;
	fake_reset(&fake);
	server = try_login(&scram_alice, &exchange);
	fake.silent = BROKER_PASSWORD;
	pthread_create(&thread, NULL, log_in, &attempt);
	while (fake_asked(&fake, BROKER_PASSWORD) == 0)
		usleep(1000);
	before = exchange_now();
	sasl_dispose(&server);
	assert_in_range(exchange_now() - before, 0, 100000000);
	pthread_join(thread, NULL);
	fake.silent = 0;
	assert_int_equal(login(&scram_alice), SASL_OK);
	assert_int_equal(fake_ended(&fake, 2), 2);
}

/* A copy of the process neither ends the sessions of the first nor asks. */
static void
is_quiet_in_copies(void **state)
{
	struct exchange exchange;
	sasl_conn_t *server;
	int status = -1;
	pid_t child;

	(void)state;
	fake_reset(&fake);
	server = try_login(&scram_alice, &exchange);
	child = fork();
	if (child == 0) {
		sasl_dispose(&server);
		_exit(login(&scram_alice) == SASL_UNAVAIL ? 0 : 1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(fake_asked(&fake, BROKER_END), 0);
	assert_int_equal(fake_asked(&fake, BROKER_LOOKUP), 1);
	assert_int_equal(login(&scram_alice), SASL_OK);
	assert_int_equal(fake_ended(&fake, 1), 1);
	sasl_dispose(&server);
	assert_int_equal(fake_ended(&fake, 2), 2);
}

/* --- what is open -------------------------------------------------------- */

static unsigned int
descriptors(void)
{
	DIR *listing = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(listing);
	while (readdir(listing) != NULL)
		count++;
	closedir(listing);
	return count;
}

static void
opens_nothing_else(void **state)
{
	unsigned int before;

	(void)state;
	fake_reset(&fake);
	assert_int_equal(login(&scram_alice), SASL_OK);
	before = descriptors();
	for (int i = 0; i < 50; i++) {
		login(i % 2 == 0 ? &scram_alice : &plain_alice);
		assert_int_equal(descriptors(), before);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_a_verifier),
		cmocka_unit_test(asks_for_a_password),
		cmocka_unit_test(tells_of_refusals),
		cmocka_unit_test(survives_errors),
		cmocka_unit_test(names_another_version),
		cmocka_unit_test(finds_the_local_account),
		cmocka_unit_test(stores_nothing),
		cmocka_unit_test(keeps_its_time),
		cmocka_unit_test(finds_it_again),
		cmocka_unit_test(ends_sessions),
		cmocka_unit_test(ends_without_waiting),
		cmocka_unit_test(is_quiet_in_copies),
		cmocka_unit_test(opens_nothing_else),
	};

	/* the plugin reads this process's command line, as it would QEMU's */
	if (argc == 1) {
		execl("/proc/self/exe", argv[0], "-name", "debianx", NULL);
		return 99;
	}
	return cmocka_run_group_tests_name("broker-login", tests, set_up,
	    tear_down);
}
