/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* One login through libsasl2: a server on the plugin as it was built, and a
 * stock client, in the same process. */

#ifndef VMAUTHZ_TESTS_UNIT_PLUGIN_EXCHANGE_H
#define VMAUTHZ_TESTS_UNIT_PLUGIN_EXCHANGE_H

#include <sasl/sasl.h>
#include <stdint.h>

enum { STEPS_MAX = 8, MESSAGE_MAX = 512 };

struct credentials {
	const char *user;
	const char *password;
};

struct exchange {
	int result;
	unsigned int count;			/* messages of the server */
	char messages[STEPS_MAX][MESSAGE_MAX];
	int64_t nanoseconds;			/* spent in the server */
};

/* Puts a link to a plugin into a directory of plugins. */
void exchange_link(const char *directory, const char *target,
    const char *name);

/* A connection as spice-server makes one, from that port of this host. */
sasl_conn_t *exchange_server(unsigned int port);

/* Runs a login on the server's connection, which the caller disposes of. */
void exchange_run(sasl_conn_t *server, const char *wanted,
    const struct credentials *credentials, struct exchange *exchange);

/* Nanoseconds of a clock that never jumps. */
int64_t exchange_now(void);

#endif
