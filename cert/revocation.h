/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Checks client certificates against a file of CRLs (RFC 5280, section 5): one
 * or several in PEM, or one in DER.  The first check reads the file; the next
 * ones cost one stat(2) unless it changed. */

#ifndef VMAUTHZ_CERT_REVOCATION_H
#define VMAUTHZ_CERT_REVOCATION_H

#include <openssl/x509.h>
#include <time.h>

#include "base/error.h"

enum {
	REVOCATION_FILE_MAX = 1 << 20,	/* octets: read within 100 ms */
	REVOCATION_DETAIL_MAX = ERROR_DETAIL_MAX, /* octets, with NUL */
};

/* Only REVOCATION_GOOD accepts a certificate. */
enum revocation_verdict {
	REVOCATION_UNKNOWN = 0,	/* no valid CRL of its issuer */
	REVOCATION_REVOKED,
	REVOCATION_GOOD,
};

struct revocation;

/* Copies path; the file may be created later.  Free with
 * revocation_free(), which accepts NULL and leaves NULL.  Returns 0 or
 * ERROR_MEMORY. */
int revocation_new(struct revocation **revocation_r, const char *path);
void revocation_free(struct revocation **revocation);

/* Checks a TLS client's certificate: OpenSSL verifies it once more with the
 * certificates in trust as anchors, those in chain (NULL: none) between, and
 * the CRL of its issuer, which has to be in the file and signed by that issuer;
 * all of them have to be valid at now (CLOCK_REALTIME, read before the call).
 * Certificates of intermediate authorities are not checked for revocation.
 * Unless the certificate is good, detail_r is one sentence with the path; else
 * it is "".  Any thread may call; no lock is held while the file is read, and
 * OpenSSL's error queue is left unchanged. */
enum revocation_verdict revocation_check(struct revocation *revocation,
    X509_STORE *trust, X509 *certificate, STACK_OF(X509) *chain,
    const struct timespec *now, char detail_r[REVOCATION_DETAIL_MAX]);

#endif
