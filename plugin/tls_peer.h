/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The client certificate of a TLS connection that belongs to somebody else:
 * spice-server neither asks for one nor tells.  OpenSSL's public ex_data
 * callbacks say when an SSL object begins and ends and when a server has
 * read a ClientHello; that is the moment to make it ask. */

#ifndef VMAUTHZ_PLUGIN_TLS_PEER_H
#define VMAUTHZ_PLUGIN_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cert/cert_name.h"
#include "plugin/revocation.h"

/* octets of "address;port" with NUL: an IPv6 address with a scope */
enum { TLS_ADDRESS_MAX = 96 };

/* octets of a SHA-256 fingerprint */
enum { TLS_SHA256_SIZE = 32 };

enum tls_peer_mode {
	TLS_PEER_OFF = 0,	/* don't ask for client certificates */
	TLS_PEER_REQUEST,	/* ask; a client without one may go on */
	TLS_PEER_REQUIRE,	/* ask; no certificate, no connection */
};

/* All but certificate is empty if there is none. */
struct tls_peer {
	bool certificate;	/* the client has proved to hold a valid one */
	char cn[CERT_CN_MAX];	/* its CN, "" if it has none (cert_name_cn) */
	unsigned char sha256[TLS_SHA256_SIZE];	/* of the certificate's DER */
	char names[CERT_NAMES_MAX][CERT_NAME_MAX]; /* cert_name_alternatives */
	size_t name_count;
	const char *refusal;	/* why the client must not be let in because of
				 * its certificate, static; NULL: nothing */
	char detail[REVOCATION_DETAIL_MAX];	/* of the refusal, or "" */
};

/* Watches every SSL object that this process makes from now on.  Called once
 * more it only changes the mode.  The callbacks stay as long as the process:
 * the object that holds this code must never be unloaded.  Returns 0, or
 * POLICY_E_CRYPTO. */
int tls_peer_watch(enum tls_peer_mode mode);

/* The peer of the connection between two addresses, written "address;port"
 * as Cyrus SASL does.  To be called on the thread that does the handshakes.
 * A certificate that is not valid at now (CLOCK_REALTIME) is none.  If
 * revocation is not NULL, it judges the client's certificate, also that of
 * a TLS session that was resumed; unless it finds it good, peer_r->refusal is
 * set.  False, and *peer_r cleared, if no connection or several fit. */
bool tls_peer_find(const char *local, const char *remote,
    struct revocation *revocation, const struct timespec *now,
    struct tls_peer *peer_r);

#endif
