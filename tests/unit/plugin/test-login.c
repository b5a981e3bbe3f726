/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whole logins through libsasl2, the built plugin in the server and a stock
 * client in the same process: what a client gets to see, message by message
 * and in time, and what threads do to it. */

#include "tests/unit/unit.h"

#include <pthread.h>
#include <sasl/sasl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy-admin/create.h"
#include "policy-admin/credentials.h"
#include "scram/scram.h"
#include "tests/unit/plugin/exchange.h"

static char directory[] = "/tmp/vmauthz-login-XXXXXX";
static char policy_path[64];

/* --- set-up -------------------------------------------------------------- */

static void
run_sql(const char *sql)
{
	sqlite3 *handle = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(policy_path, &handle), SQLITE_OK);
	if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(handle);
}

static void
set_password(const char *name, const char *password, unsigned int iterations)
{
	struct credential credential = { .mechanism = "SCRAM-SHA-256" };
	struct credentials *admin = NULL;
	struct identity user;

	identity_parse(&user, name, strlen(name), "example.org");
	assert_int_equal(scram_verifier_make(credential.mechanism, password,
	    iterations, &credential.verifier), 0);
	assert_int_equal(credentials_open(&admin, policy_path), 0);
	assert_int_equal(credentials_set(admin, &user,
	    &credential, 1), 0);
	credentials_close(&admin);
}

static void
write_configuration(void)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/qemu.conf", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "mech_list: scram-sha-256\nauxprop_plugin: vmauthz\n"
	    "canon_user_plugin: vmauthz\nvmauthz_policy: %s\n"
	    "vmauthz_default_realm: example.org\n", policy_path);
	fclose(file);
}

static int
set_up(void **state)
{
	const char *build = getenv("top_builddir");
	char path[512];

	(void)state;
	if (build == NULL || mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/plugin/.libs/libvmauthz.so", build);
	exchange_link(directory, path, "libvmauthz.so");
	snprintf(path, sizeof(path), "%s/libscram.so", SASL_PLUGIN_DIRECTORY);
	exchange_link(directory, path, "libscram.so");
	snprintf(policy_path, sizeof(policy_path), "%s/policy.db", directory);
	assert_int_equal(create_policy(policy_path), 0);
	run_sql("INSERT INTO users(name, enabled) VALUES"
	    "('alice@example.org', 1), ('bob@example.org', 1),"
	    "('carol@example.org', 0), ('dave@example.org', 1);"
	    "INSERT INTO vms(name) VALUES('debianx');"
	    "INSERT INTO grants(who, vm) VALUES"
	    "('alice@example.org', 'debianx'),"
	    "('carol@example.org', 'debianx')");
	set_password("alice@example.org", "apw", 5000);
	set_password("bob@example.org", "bpw", 5000);
	set_password("carol@example.org", "cpw", 5000);
	write_configuration();
	setenv("SASL_PATH", directory, 1);
	setenv("SASL_CONF_PATH", directory, 1);
	if (sasl_server_init(NULL, "qemu") != SASL_OK ||
	    sasl_client_init(NULL) != SASL_OK)
		return -1;
	return 0;
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	sasl_client_done();
	sasl_server_done();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* --- what a client sees -------------------------------------------------- */

static struct exchange
login(const char *user, const char *password)
{
	struct credentials credentials = { user, password };
	sasl_conn_t *server = exchange_server(4711);
	struct exchange exchange;

	exchange_run(server, "SCRAM-SHA-256", &credentials, &exchange);
	sasl_dispose(&server);
	return exchange;
}

/* The refusals that must not be told apart. */
static const struct {
	const char *title;
	struct credentials credentials;
} refusals[] = {
	{ "a wrong password", { "alice@example.org", "no" } },
	{ "an unknown user", { "mallory@example.org", "no" } },
	{ "a user of an unknown realm", { "alice@nowhere.net", "apw" } },
	{ "no grant", { "bob@example.org", "bpw" } },
	{ "disabled", { "carol@example.org", "cpw" } },
	{ "no verifier", { "dave@example.org", "dpw" } },
};

static void
lets_in(void **state)
{
	(void)state;
	assert_int_equal(login("alice@example.org", "apw").result, SASL_OK);
	assert_int_equal(login("alice", "apw").result, SASL_OK);
}

/* "r=<nonces>,s=<salt>,i=<count>": the lengths and the count */
static void
read_challenge(const char *message, size_t *nonce, size_t *salt,
    unsigned int *iterations)
{
	const char *s = strstr(message, ",s="), *i = strstr(message, ",i=");

	assert_non_null(s);
	assert_non_null(i);
	*nonce = (size_t)(s - message);
	*salt = (size_t)(i - s);
	*iterations = (unsigned int)strtoul(i + 3, NULL, 10);
}

static void
shows_the_same_messages(void **state)
{
	size_t nonce, salt, nonce0 = 0, salt0 = 0;
	unsigned int iterations;

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct exchange exchange = login(
		    refusals[i].credentials.user,
		    refusals[i].credentials.password);

		TITLE(refusals[i].title);
		assert_true(exchange.result < 0);
		assert_int_equal(exchange.count, 1);
		read_challenge(exchange.messages[0], &nonce, &salt,
		    &iterations);
		if (i == 0) {
			nonce0 = nonce;
			salt0 = salt;
		}
		assert_int_equal(nonce, nonce0);
		assert_int_equal(salt, salt0);
		assert_int_equal(iterations, 5000);
	}
}

static void
salt_of(const char *user, char out[MESSAGE_MAX])
{
	struct exchange exchange = login(user, "no");
	char *salt = strstr(exchange.messages[0], ",s=");

	assert_non_null(salt);
	strcpy(out, salt);
}

static void
keeps_decoys_stable(void **state)
{
	char first[MESSAGE_MAX], second[MESSAGE_MAX], other[MESSAGE_MAX];

	(void)state;
	salt_of("mallory@example.org", first);
	salt_of("mallory@EXAMPLE.org", second);
	salt_of("mallory2@example.org", other);
	assert_string_equal(first, second);
	assert_string_not_equal(first, other);
	run_sql("INSERT INTO users(name) VALUES('mallory@example.org')");
	salt_of("mallory@example.org", second);
	assert_string_equal(first, second);
	run_sql("DELETE FROM users WHERE name = 'mallory@example.org'");
}

/* A quarter of the verifiers has another count, so a quarter of the decoys
 * has it, too. */
static void
spreads_iterations(void **state)
{
	char name[64], message[MESSAGE_MAX];
	unsigned int rare = 0;

	(void)state;
	run_sql("INSERT INTO users(name) VALUES('erin@example.org')");
	set_password("erin@example.org", "epw", 7000);
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "stranger%d@example.org", i);
		salt_of(name, message);
		rare += strstr(message, ",i=7000") != NULL;
	}
	assert_in_range(rare, 60, 140);
	run_sql("DELETE FROM users WHERE name = 'erin@example.org'");
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The slowest refusal's time to the fastest one's.  Interleaved, so that what
 * else the machine does hits all alike. */
static double
measure(void)
{
	enum { TRIES = 200 };
	static int64_t times[COUNT(refusals)][TRIES];
	int64_t least = INT64_MAX, most = 0;

	for (size_t try = 0; try < TRIES * COUNT(refusals); try++) {
		size_t i = try % COUNT(refusals);

		times[i][try / COUNT(refusals)] = login(
		    refusals[i].credentials.user,
		    refusals[i].credentials.password).nanoseconds;
	}
	for (size_t i = 0; i < COUNT(refusals); i++) {
		int64_t median;

		qsort(times[i], TRIES, sizeof(times[i][0]), compare);
		median = times[i][TRIES / 2];
		fprintf(stderr, "# %s: median %.1f us\n", refusals[i].title,
		    (double)median / 1000);
		least = median < least ? median : least;
		most = median > most ? median : most;
	}
	return (double)most / (double)least;
}

/* A stock SCRAM server, which fails at once for an unknown user, is off by a
 * factor of two and more, every time. */
static void
takes_the_same_time(void **state)
{
	double ratio = measure();

	(void)state;
	for (int again = 0; again < 3 && ratio >= 1.2; again++)
		ratio = measure();
	assert_true(ratio < 1.2);
}

/* --- misuse -------------------------------------------------------------- */

static void
survives_bad_clients(void **state)
{
	static const char *const starts[] = { "", "n,,", "n,,n=alice", "x",
	    "n,,n=,r=", "n,,n=alice,r=", "y,,n=alice,r=abc",
	    "p=tls-unique,,n=alice,r=abc", "n,a=bob,n=alice@example.org,r=abc",
	    "n,,n==2Calice,r=abc", "n,,n=alice=2,r=abc", "n,,m=x,n=alice,r=a" };

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		sasl_conn_t *server = exchange_server(4711);
		const char *out = NULL;
		unsigned int length = 0;
		int rc;

		rc = sasl_server_start(server, "SCRAM-SHA-256", starts[i],
		    (unsigned int)strlen(starts[i]), &out, &length);
		if (rc == SASL_CONTINUE)
			rc = sasl_server_step(server, "c=biws,r=x,p=y", 14,
			    &out, &length);
		assert_true(rc < 0);
		/* whoever comes back after that gets nothing either */
		rc = sasl_server_start(server, "SCRAM-SHA-256", starts[i],
		    (unsigned int)strlen(starts[i]), &out, &length);
		sasl_dispose(&server);
	}
	assert_int_equal(login("alice", "apw").result, SASL_OK);
}

static void
refuses_without_tls(void **state)
{
	struct credentials credentials = { "alice", "apw" };
	sasl_conn_t *server = exchange_server(4711);
	struct exchange exchange;
	sasl_ssf_t ssf = 0;

	(void)state;
	sasl_setprop(server, SASL_SSF_EXTERNAL, &ssf);
	exchange_run(server, "SCRAM-SHA-256", &credentials, &exchange);
	assert_int_equal(exchange.result, SASL_NOAUTHZ);
	assert_int_equal(exchange.count, 0);
	sasl_dispose(&server);
}

/* --- threads ------------------------------------------------------------- */

static void *
dispose(void *context)
{
	sasl_conn_t *server = context;

	sasl_dispose(&server);
	return NULL;
}

/* spice-server frees a stream on a worker thread while the main loop takes
 * the next login. */
static void
lives_with_threads(void **state)
{
	pthread_t threads[100];

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++) {
		struct credentials credentials = { "alice",
		    i % 3 == 0 ? "no" : "apw" };
		sasl_conn_t *server = exchange_server((unsigned int)i + 1);
		struct exchange exchange;

		exchange_run(server, "SCRAM-SHA-256", &credentials, &exchange);
		assert_int_equal(exchange.result == SASL_OK, i % 3 != 0);
		pthread_create(&threads[i], NULL, dispose, server);
	}
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_in),
		cmocka_unit_test(shows_the_same_messages),
		cmocka_unit_test(keeps_decoys_stable),
		cmocka_unit_test(spreads_iterations),
		cmocka_unit_test(takes_the_same_time),
		cmocka_unit_test(survives_bad_clients),
		cmocka_unit_test(refuses_without_tls),
		cmocka_unit_test(lives_with_threads),
	};

	/* the plugin reads this process's command line, as it would QEMU's */
	if (argc == 1) {
		execl("/proc/self/exe", argv[0], "-name", "debianx", NULL);
		return 99;
	}
	return cmocka_run_group_tests_name("login", tests, set_up, tear_down);
}
