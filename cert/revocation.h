/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a client certificate has been revoked, as a file with CRLs says
 * (RFC 5280, section 5): PEM, one CRL or several, or DER.  The file is read
 * when it is needed for the first time and again when it changed; otherwise
 * asking costs one stat(2). */

#ifndef VMAUTHZ_CERT_REVOCATION_H
#define VMAUTHZ_CERT_REVOCATION_H

#include <openssl/x509.h>
#include <time.h>

#include "base/error.h"

enum {
	REVOCATION_FILE_MAX = 1 << 20,	/* octets: read within 100 ms */
	REVOCATION_DETAIL_MAX = ERROR_DETAIL_MAX, /* octets, with NUL */
};

/* Only the last one lets a certificate pass. */
enum revocation_verdict {
	REVOCATION_UNJUDGED = 0,	/* there is no CRL that could tell */
	REVOCATION_REVOKED,
	REVOCATION_GOOD,
};

struct revocation;

/* Remembers path; a file that is missing now may come later.  Free with
 * revocation_free(), which accepts NULL and leaves NULL.  Returns 0 or
 * ERROR_MEMORY. */
int revocation_new(struct revocation **revocation_r, const char *path);
void revocation_free(struct revocation **revocation);

/* Judges a TLS client's certificate: OpenSSL verifies it once more with the
 * certificates in trust as anchors, those in chain (NULL: none) between, and
 * the CRL of its issuer, which has to be in the file and signed by that issuer;
 * all of them have to be valid at now (CLOCK_REALTIME, read before the call).
 * Of certificates between, nothing is asked about revocation.
 * Unless the certificate is good, detail_r is one sentence with the path; else
 * it is "".  Any thread may call; no lock is held while the file is read, and
 * OpenSSL's error queue is left as it was. */
enum revocation_verdict revocation_judge(struct revocation *revocation,
    X509_STORE *trust, X509 *certificate, STACK_OF(X509) *chain,
    const struct timespec *now, char detail_r[REVOCATION_DETAIL_MAX]);

#endif
