/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What this process finds out about a login, for the authority. */

#ifndef VMAUTHZ_PLUGIN_FACTS_H
#define VMAUTHZ_PLUGIN_FACTS_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <time.h>

#include "cert/cert_name.h"
#include "plugin/attempt.h"
#include "plugin/authority.h"
#include "plugin/local/local_user.h"
#include "plugin/plugin.h"
#include "plugin/tls_peer.h"

enum { FACTS_ADDRESS_MAX = 96 };	/* octets, with NUL */

struct facts {
	struct request_login login;	/* points into the rest, into struct
					 * attempt, and into the parameters */
	char client[FACTS_ADDRESS_MAX];
	struct tls_peer peer;
	const char *names[CERT_NAMES_MAX];	/* of the peer's certificate */
	struct local_user local_user;
};

/* Sets what costs nothing: user, VM, service, address and mechanism. */
void facts_begin(struct facts *facts_r, const struct attempt *attempt,
    const sasl_server_params_t *params);

/* Sets what a look-up, or a password check, needs. */
void facts_for_lookup(struct facts *facts_r, const struct attempt *attempt,
    const sasl_server_params_t *params);

/* Adds the client's certificate if it is valid at now (CLOCK_REALTIME); does
 * nothing if the option vmauthz_client_cert is off. */
void facts_find_certificate(struct facts *facts,
    const struct plugin *plugin, const sasl_server_params_t *params,
    const struct timespec *now);

/* Adds the local account, or that it is unknown. */
void facts_find_local_user(struct facts *facts,
    const sasl_server_params_t *params);

#endif
