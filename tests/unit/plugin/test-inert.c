/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* In a process that is not QEMU's SPICE server the plugin, as it ships, is
 * not to be noticed.  Every case runs in a process of its own: libsasl2 and
 * OpenSSL keep what they were told. */

#include "tests/unit/unit.h"

#include <openssl/ssl.h>
#include <sasl/sasl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/vmauthz-inert-XXXXXX";
static int logged;		/* lines of the log that speak of us */

static void
path_in(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", directory, name);
}

static void
write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	path_in(path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int
set_up(void **state)
{
	const char *build = getenv("top_builddir");
	char target[512], link[256];

	(void)state;
	if (build == NULL || mkdtemp(directory) == NULL)
		return -1;
	snprintf(target, sizeof(target), "%s/plugin/.libs/libvmauthz.so",
	    build);
	path_in(link, "libvmauthz.so");
	if (access(target, R_OK) != 0 || symlink(target, link) != 0)
		return -1;
	setenv("SASL_PATH", directory, 1);
	setenv("SASL_CONF_PATH", directory, 1);
	return 0;
}

static int
tear_down(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static int
count_line(void *context, int level, const char *message)
{
	(void)context;
	(void)level;
	if (strstr(message, "vmauthz") != NULL) {
		fprintf(stderr, "# logged: %s\n", message);
		logged++;
	}
	return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
	{ SASL_CB_LOG, (int (*)(void))(uintptr_t)count_line, NULL },
	{ SASL_CB_LIST_END, NULL, NULL },
};

/* Whether somebody has put callbacks on SSL objects: the first index that
 * OpenSSL has to give is higher then. */
static bool
tls_is_hooked(void)
{
	return SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL) > 1;
}

/* The child says with bits what it has noticed, and how much was logged. */
enum { HOOKED = 1, MECHANISMS = 2, FAILED = 4, ANSWERED = 8, LOGGED = 16 };

static int
notice_server(const char *application)
{
	sasl_conn_t *connection = NULL;
	const char *list = NULL;
	int seen = 0, count = 0;

	if (sasl_server_init(callbacks, application) != SASL_OK ||
	    sasl_server_new("test", "host.example.org", NULL, NULL, NULL, NULL,
	    0, &connection) != SASL_OK)
		return FAILED;
	if (sasl_listmech(connection, NULL, "", " ", "", &list, NULL,
	    &count) == SASL_OK && count > 1)
		seen |= MECHANISMS;	/* EXTERNAL is libsasl2's own */
	if (sasl_user_exists(connection, NULL, NULL, "alice") == SASL_OK)
		seen |= ANSWERED;
	if (tls_is_hooked())
		seen |= HOOKED;
	sasl_dispose(&connection);
	sasl_server_done();
	return seen + LOGGED * logged;
}

static int
notice_client(void)
{
	sasl_conn_t *connection = NULL;

	if (sasl_client_init(callbacks) != SASL_OK ||
	    sasl_client_new("spice", "host.example.org", NULL, NULL, NULL, 0,
	    &connection) != SASL_OK)
		return FAILED;
	sasl_dispose(&connection);
	sasl_client_done();
	return (tls_is_hooked() ? HOOKED : 0) + LOGGED * logged;
}

/* In a process with the plugin, or without any; NULL is a client. */
static int
notice(const char *application, bool with_plugin)
{
	pid_t child = fork();
	int status;

	if (child == 0 && !with_plugin)
		setenv("SASL_PATH", "/nonexistent", 1);
	if (child == 0)
		_exit(application != NULL ? notice_server(application) :
		    notice_client());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Nothing is noticed that would not be without the plugin. */
static void
assert_unnoticed(const char *application)
{
	int with = notice(application, true);

	assert_int_equal(with, notice(application, false));
	assert_int_equal(with & (HOOKED | MECHANISMS | FAILED | ANSWERED), 0);
}

static void
sleeps_in_other_servers(void **state)
{
	(void)state;
	write_file("sample.conf", "pwcheck_method: auxprop\nlog_level: 7\n");
	assert_unnoticed("sample");
	write_file("sample.conf", "auxprop_plugin: sasldb\n"
	    "vmauthz_policy: /nonexistent\nlog_level: 7\n");
	assert_unnoticed("sample");
}

static void
sleeps_without_configuration(void **state)
{
	(void)state;
	assert_unnoticed("unheard-of");
}

static void
sleeps_in_qemu_that_does_not_name_it(void **state)
{
	(void)state;
	write_file("qemu.conf", "mech_list: scram-sha-256\nlog_level: 7\n");
	assert_unnoticed("qemu");
}

static void
sleeps_in_clients(void **state)
{
	(void)state;
	assert_unnoticed(NULL);
}

/* Named, but without spice-server in the process (saslpasswd2 is one): no
 * hook all the same. */
static void
leaves_tls_of_others_alone(void **state)
{
	(void)state;
	write_file("qemu.conf", "auxprop_plugin: vmauthz\n"
	    "canon_user_plugin: vmauthz\nvmauthz_policy: /nonexistent\n");
	assert_int_equal(notice("qemu", true) & (HOOKED | FAILED), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeps_in_other_servers),
		cmocka_unit_test(sleeps_without_configuration),
		cmocka_unit_test(sleeps_in_qemu_that_does_not_name_it),
		cmocka_unit_test(sleeps_in_clients),
		cmocka_unit_test(leaves_tls_of_others_alone),
	};

	return cmocka_run_group_tests_name("inert", tests, set_up, tear_down);
}
