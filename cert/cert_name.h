/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The names in a client certificate. */

#ifndef VMAUTHZ_CERT_CERT_NAME_H
#define VMAUTHZ_CERT_CERT_NAME_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	CERT_CN_MAX = 257,	/* octets of a CN, with NUL; X.520 allows 64
				 * characters */
	CERT_NAMES_MAX = 16,	/* alternative names */
	CERT_NAME_MAX = 261,	/* octets of one, with its type and NUL: an
				 * address of RFC 5321 has 254 at most */
};

/* The subject's only CN in UTF-8.  False, and "" at cn_r, for a certificate
 * with no CN, with several, or with one that is empty, too long, or has a
 * NUL or another control character in it. */
bool cert_name_cn(const X509 *certificate, char cn_r[CERT_CN_MAX]);

/* The subject's alternative names (RFC 5280, section 4.2.1.6) that are a host,
 * an address or a URI, in the certificate's order, with the type in front:
 * "DNS:host.example.org", "email:alice@example.org", "URI:spiffe://...".
 * Returns how many; names of other types don't count.  0 if there is none, if
 * there are more than CERT_NAMES_MAX, if one of them is empty, too long, or
 * has anything but printable ASCII in it, or if the extension is malformed or
 * there twice: one malformed name makes all of them unusable. */
size_t cert_name_alternatives(const X509 *certificate,
    char names_r[CERT_NAMES_MAX][CERT_NAME_MAX]);

/* Whether the certificate is within its validity now: a TLS session that is
 * resumed may have outlived it. */
bool cert_name_is_current(const X509 *certificate);

#endif
