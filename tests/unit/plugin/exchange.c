/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/plugin/exchange.h"

#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

void
exchange_link(const char *directory, const char *target, const char *name)
{
	char link[256];

	snprintf(link, sizeof(link), "%s/%s", directory, name);
	if (access(target, R_OK) != 0 || symlink(target, link) != 0)
		fail_msg("%s can't be had", target);
}

static int
give_name(void *context, int id, const char **result, unsigned int *length)
{
	const struct credentials *credentials = context;

	(void)id;
	*result = credentials->user;
	if (length != NULL)
		*length = (unsigned int)strlen(*result);
	return SASL_OK;
}

static int
give_secret(sasl_conn_t *connection, void *context, int id,
    sasl_secret_t **secret)
{
	const struct credentials *credentials = context;
	size_t length = strlen(credentials->password);
	static _Thread_local union {
		sasl_secret_t secret;
		char room[sizeof(sasl_secret_t) + 64];
	} store;

	(void)connection;
	(void)id;
	store.secret.len = length;
	memcpy(store.secret.data, credentials->password, length + 1);
	*secret = &store.secret;
	return SASL_OK;
}

sasl_conn_t *
exchange_server(unsigned int port)
{
	sasl_security_properties_t properties = { .maxbufsize = 8192 };
	sasl_conn_t *server = NULL;
	sasl_ssf_t ssf = 256;
	char remote[32];

	snprintf(remote, sizeof(remote), "127.0.0.1;%u", port);
	assert_int_equal(sasl_server_new("spice", "host.example.org", NULL,
	    "127.0.0.1;5900", remote, NULL, SASL_SUCCESS_DATA, &server),
	    SASL_OK);
	sasl_setprop(server, SASL_SSF_EXTERNAL, &ssf);
	sasl_setprop(server, SASL_SEC_PROPS, &properties);
	return server;
}

int64_t
exchange_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void
note_message(struct exchange *exchange, const char *out, unsigned int length)
{
	assert_in_range(exchange->count, 0, STEPS_MAX - 1);
	assert_in_range(length, 0, MESSAGE_MAX - 1);
	if (out != NULL)
		memcpy(exchange->messages[exchange->count], out, length);
	exchange->count++;
}

void
exchange_run(sasl_conn_t *server, const char *wanted,
    const struct credentials *credentials, struct exchange *exchange)
{
	const sasl_callback_t callbacks[] = {
		{ SASL_CB_USER, (int (*)(void))(uintptr_t)give_name,
		    (void *)(uintptr_t)credentials },
		{ SASL_CB_AUTHNAME, (int (*)(void))(uintptr_t)give_name,
		    (void *)(uintptr_t)credentials },
		{ SASL_CB_PASS, (int (*)(void))(uintptr_t)give_secret,
		    (void *)(uintptr_t)credentials },
		{ SASL_CB_LIST_END, NULL, NULL },
	};
	const char *in = NULL, *out = NULL, *mechanism = NULL;
	unsigned int in_length = 0, out_length = 0;
	sasl_conn_t *client = NULL;
	int64_t start;

	memset(exchange, 0, sizeof(*exchange));
	assert_int_equal(sasl_client_new("spice", "host.example.org", NULL,
	    NULL, callbacks, SASL_SUCCESS_DATA, &client), SASL_OK);
	assert_in_range(sasl_client_start(client, wanted, NULL, &in,
	    &in_length, &mechanism), SASL_OK, SASL_CONTINUE);
	start = exchange_now();
	exchange->result = sasl_server_start(server, mechanism, in, in_length,
	    &out, &out_length);
	exchange->nanoseconds += exchange_now() - start;
	while (exchange->result == SASL_CONTINUE) {
		note_message(exchange, out, out_length);
		if (sasl_client_step(client, out, out_length, NULL, &in,
		    &in_length) < 0)
			break;
		start = exchange_now();
		exchange->result = sasl_server_step(server, in, in_length,
		    &out, &out_length);
		exchange->nanoseconds += exchange_now() - start;
	}
	sasl_dispose(&client);
}
