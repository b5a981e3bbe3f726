/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Real TLS handshakes over loopback, for unit tests. */

#ifndef VMAUTHZ_TESTS_UNIT_PLUGIN_HANDSHAKE_H
#define VMAUTHZ_TESTS_UNIT_PLUGIN_HANDSHAKE_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "plugin/tls_peer.h"
#include "tests/unit/pki.h"

struct handshake_client {
	int fd;
	int version;		/* 0: any */
	const struct pair *identity;
	SSL_SESSION *session;	/* in: to resume; out: the new one */
	bool no_tickets;
	time_t later;		/* seconds after now that the server looks at
				 * the certificate */
	bool connected;
};

/* What the server has seen. */
struct handshake_result {
	bool accepted;
	bool reused;
	bool found;
	struct tls_peer peer;
};

/* One connection from its beginning to its end, the client on a thread of its
 * own; tls_peer_find() is called with revocation once the handshake is over.
 * The caller frees client->session. */
struct handshake_result handshake_take(SSL_CTX *server_ctx,
    struct revocation *revocation, struct handshake_client *client);

#endif
