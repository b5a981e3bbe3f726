/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* bench-login -name VM [-first USER] [-step N] [-users N] [-authzid 1]
 *     [-memory 1] [-pause MICROSECONDS] [-store PROPERTY] [-show 1]
 * SCRAM-SHA-256 logins on the server's side of libsasl2, as SASL_PATH and
 * SASL_CONF_PATH have it set up.  Each number read from standard input is a
 * count of logins to make, 0 ends; each answer is a line
 *     MEDIAN SLOWEST REFUSED RSS
 * with the times in nanoseconds that the server takes for a whole login, and
 * at most for one message, the logins that failed, and the process's memory
 * in KiB.  Users take turns: FIRST, FIRST + STEP, ... FIRST + USERS * STEP - 1.
 * With -memory an auxiliary property plugin in here serves the verifier: that
 * is the yardstick.  With -store it stores the first user's password or
 * verifier and ends; with -show it writes the verifier and ends.  The options
 * look like those of QEMU, whose place it takes for the plugin. */

#include <inttypes.h>
#include <sasl/prop.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scram/scram.h"
#include "tests/bench/measure.h"
#include "tests/bench/scram-client.h"

static const char mechanism[] = "SCRAM-SHA-256";

struct settings {
	uint64_t first, step, users;
	bool authzid, memory, show;
	long pause;			/* microseconds before each login */
	const char *store;
};

/* --- the yardstick ------------------------------------------------------- */

static char memory_verifier[SCRAM_TEXT_MAX];

static int
memory_lookup(void *context, sasl_server_params_t *params, unsigned int flags,
    const char *user, unsigned int length)
{
	(void)context;
	(void)user;
	(void)length;
	if ((flags & SASL_AUXPROP_AUTHZID) != 0)
		return SASL_OK;
	return params->utils->prop_set(params->propctx, "*authPassword",
	    memory_verifier, 0);
}

static int
memory_init(const sasl_utils_t *utils, int max_version, int *out_version,
    sasl_auxprop_plug_t **plugin_r, const char *name)
{
	static char plugin_name[] = "memory";
	static sasl_auxprop_plug_t plugin = {
		.auxprop_lookup = memory_lookup,
		.name = plugin_name,
	};

	(void)utils;
	(void)max_version;
	(void)name;
	*out_version = SASL_AUXPROP_PLUG_VERSION;
	*plugin_r = &plugin;
	return SASL_OK;
}

static bool
make_verifier(void)
{
	struct verifier verifier;

	return scram_verifier_make(mechanism, BENCH_PASSWORD,
	    SCRAM_ITERATIONS_MIN, &verifier) == 0 &&
	    scram_verifier_text(mechanism, &verifier, memory_verifier) == 0;
}

/* --- one login ----------------------------------------------------------- */

/* Named, and never inlined, so that callgrind can be told to count in these
 * two alone. */
int measured_start(sasl_conn_t *server, const char *in, const char **out,
    unsigned int *length);
int measured_step(sasl_conn_t *server, const char *in, const char **out,
    unsigned int *length);

__attribute__((noinline)) int
measured_start(sasl_conn_t *server, const char *in, const char **out,
    unsigned int *length)
{
	return sasl_server_start(server, mechanism, in,
	    (unsigned int)strlen(in), out, length);
}

__attribute__((noinline)) int
measured_step(sasl_conn_t *server, const char *in, const char **out,
    unsigned int *length)
{
	return sasl_server_step(server, in, (unsigned int)strlen(in), out,
	    length);
}

static sasl_conn_t *
new_server(void)
{
	sasl_security_properties_t properties = { .maxbufsize = 8192 };
	sasl_conn_t *server = NULL;
	sasl_ssf_t ssf = 256;

	if (sasl_server_new("spice", "host." BENCH_REALM, NULL,
	    "127.0.0.1;5900", "127.0.0.1;4711", NULL, SASL_SUCCESS_DATA,
	    &server) != SASL_OK)
		return NULL;
	sasl_setprop(server, SASL_SSF_EXTERNAL, &ssf);
	sasl_setprop(server, SASL_SEC_PROPS, &properties);
	return server;
}

struct times {
	int64_t whole;
	int64_t slowest;		/* of all messages of all logins */
};

static int
timed(int (*call)(sasl_conn_t *, const char *, const char **, unsigned int *),
    sasl_conn_t *server, const char *in, const char **out,
    unsigned int *length, struct times *times)
{
	int64_t start = bench_now(), taken;
	int rc = call(server, in, out, length);

	taken = bench_now() - start;
	times->whole += taken;
	if (taken > times->slowest)
		times->slowest = taken;
	return rc;
}

static bool
login(struct scram_client *client, uint64_t user, struct times *times)
{
	sasl_conn_t *server = new_server();
	const char *out = NULL;
	unsigned int length = 0;
	char name[BENCH_NAME_MAX];
	int rc = SASL_FAIL;

	bench_user_name(name, user);
	scram_client_begin(client, name);
	times->whole = 0;
	if (server != NULL)
		rc = timed(measured_start, server, client->first, &out,
		    &length, times);
	if (rc == SASL_CONTINUE && scram_client_answer(client, out, length))
		rc = timed(measured_step, server, client->final, &out,
		    &length, times);
	sasl_dispose(&server);
	return rc == SASL_OK;
}

/* --- many ---------------------------------------------------------------- */

static long
resident_kib(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool
make_logins(const struct settings *settings, struct scram_client *client,
    uint64_t count)
{
	const struct timespec pause = {
		.tv_sec = settings->pause / 1000000,
		.tv_nsec = settings->pause % 1000000 * 1000,
	};
	int64_t *all = calloc(count, sizeof(*all)), median;
	struct times times = { 0, 0 };
	uint64_t refused = 0;

	if (all == NULL)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t turn = i * 7919 % settings->users;

		if (settings->pause != 0)
			nanosleep(&pause, NULL);
		refused += !login(client, settings->first +
		    turn * settings->step, &times);
		all[i] = times.whole;
	}
	median = bench_median(all, count);
	free(all);
	printf("%" PRId64 " %" PRId64 " %" PRIu64 " %ld\n", median,
	    times.slowest, refused, resident_kib());
	return fflush(stdout) == 0;
}

static int
serve(const struct settings *settings)
{
	struct scram_client client = {
		.password = BENCH_PASSWORD,
		.authzid = settings->authzid,
	};
	char line[32];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint64_t count = strtoull(line, NULL, 10);

		if (count == 0)
			return 0;
		if (!make_logins(settings, &client, count))
			return 1;
	}
	return 0;
}

static int
store(const struct settings *settings)
{
	const char *names[] = { settings->store, NULL };
	struct propctx *properties = prop_new(0);
	sasl_conn_t *server = new_server();
	char name[BENCH_NAME_MAX];
	int rc = SASL_FAIL;

	bench_user_name(name, settings->first);
	if (server != NULL && properties != NULL &&
	    prop_request(properties, names) == SASL_OK &&
	    prop_set(properties, settings->store,
	    strcmp(settings->store, "userPassword") == 0 ? BENCH_PASSWORD :
	    memory_verifier, 0) == SASL_OK)
		rc = sasl_auxprop_store(server, properties, name);
	if (rc != SASL_OK)
		fprintf(stderr, "bench-login: can't store: %s\n",
		    sasl_errstring(rc, NULL, NULL));
	sasl_dispose(&server);
	prop_dispose(&properties);
	return rc != SASL_OK;
}

/* --- options ------------------------------------------------------------- */

static bool
set_option(struct settings *settings, const char *option, const char *value)
{
	uint64_t number = strtoull(value, NULL, 10);

	if (strcmp(option, "-name") == 0)
		return true;		/* the plugin reads that */
	if (strcmp(option, "-first") == 0)
		settings->first = number;
	else if (strcmp(option, "-step") == 0)
		settings->step = number;
	else if (strcmp(option, "-users") == 0 && number > 0)
		settings->users = number;
	else if (strcmp(option, "-authzid") == 0)
		settings->authzid = number != 0;
	else if (strcmp(option, "-memory") == 0)
		settings->memory = number != 0;
	else if (strcmp(option, "-pause") == 0)
		settings->pause = (long)number;
	else if (strcmp(option, "-show") == 0)
		settings->show = number != 0;
	else if (strcmp(option, "-store") == 0)
		settings->store = value;
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct settings settings = { .users = 1 };
	int rc;

	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && set_option(&settings, argv[i], argv[i + 1]))
			continue;
		fprintf(stderr, "bench-login: %s: see the head of its source\n",
		    argv[i]);
		return 2;
	}
	if (!make_verifier() ||
	    (settings.memory && sasl_auxprop_add_plugin("memory",
	    memory_init) != SASL_OK) ||
	    sasl_server_init(NULL, "qemu") != SASL_OK) {
		fputs("bench-login: no SASL\n", stderr);
		return 1;
	}
	if (settings.show)
		return puts(memory_verifier) < 0;
	rc = settings.store != NULL ? store(&settings) : serve(&settings);
	sasl_server_done();
	return rc;
}
