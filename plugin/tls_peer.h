/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The client certificate of a TLS connection that spice-server has made.
 * spice-server neither requests one nor passes it on.  OpenSSL's public ex_data
 * callbacks (CRYPTO_get_ex_new_index(3ssl)) are called when an SSL object is
 * made and freed, and when a server has read a ClientHello, which is early
 * enough to make it request a certificate. */

#ifndef VMAUTHZ_PLUGIN_TLS_PEER_H
#define VMAUTHZ_PLUGIN_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "cert/cert_name.h"
#include "cert/revocation.h"

/* octets of "address;port" with NUL: an IPv6 address with a scope */
enum { TLS_ADDRESS_MAX = 96 };

/* octets of a SHA-256 fingerprint */
enum { TLS_SHA256_SIZE = 32 };

enum tls_peer_mode {
	TLS_PEER_OFF = 0,	/* request no client certificates */
	TLS_PEER_REQUEST,	/* a client without one may go on */
	TLS_PEER_REQUIRE,	/* a client without one is disconnected */
};

/* All but certificate is empty if there is none. */
struct tls_peer {
	bool certificate;	/* the client has proved to have the key of a
				 * valid one */
	char cn[CERT_CN_MAX];	/* its CN, "" if it has none (cert_name_cn) */
	unsigned char sha256[TLS_SHA256_SIZE];	/* of the certificate's DER */
	char names[CERT_NAMES_MAX][CERT_NAME_MAX]; /* cert_name_alternatives */
	size_t name_count;
	const char *refusal;	/* why the client must not be let in because of
				 * its certificate, static; NULL: nothing */
	char detail[REVOCATION_DETAIL_MAX];	/* of the refusal, or "" */
};

/* Watches every SSL object that this process makes from now on.  A second call
 * only changes the mode.  OpenSSL keeps the callbacks as long as the process
 * lives, so the object with this code must never be unloaded.  Returns 0, or
 * ERROR_CRYPTO. */
int tls_peer_watch(enum tls_peer_mode mode);

/* Finds the peer of the connection between two addresses, written
 * "address;port" as Cyrus SASL does.  To be called on the thread that does the
 * handshakes.  If revocation is not NULL, the client's certificate is checked
 * with it, also that of a resumed TLS session; unless it is good,
 * peer_r->refusal is set.  Returns false, with *peer_r cleared, if no
 * connection or several have these addresses. */
bool tls_peer_find(const char *local, const char *remote,
    struct revocation *revocation, struct tls_peer *peer_r);

#endif
