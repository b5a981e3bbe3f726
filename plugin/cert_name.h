/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The name in a client certificate. */

#ifndef VMAUTHZ_PLUGIN_CERT_NAME_H
#define VMAUTHZ_PLUGIN_CERT_NAME_H

#include <openssl/x509.h>
#include <stdbool.h>

/* octets of a CN, with NUL; X.520 allows 64 characters */
enum { CERT_CN_MAX = 257 };

/* The subject's only CN in UTF-8.  False, and "" at cn_r, for a certificate
 * with no CN, with several, or with one that is empty, too long, or has a
 * NUL or another control character in it. */
bool cert_name_cn(const X509 *certificate, char cn_r[CERT_CN_MAX]);

/* Whether the certificate is within its validity now: a TLS session that is
 * resumed may have outlived it. */
bool cert_name_is_current(const X509 *certificate);

#endif
