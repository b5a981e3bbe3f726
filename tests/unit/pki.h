/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Certificates and CRLs for unit tests, made in memory. */

#ifndef VMAUTHZ_TESTS_UNIT_PKI_H
#define VMAUTHZ_TESTS_UNIT_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct pair {
	EVP_PKEY *key;
	X509 *certificate;
};

/* What a certificate is to be; NULL is "without". */
struct pki_request {
	const char *cn;
	const struct pair *issuer;	/* NULL: itself */
	bool authority;
	const char *usage;		/* extendedKeyUsage */
	const char *names;		/* subjectAltName */
	long lifetime;			/* seconds from now */
};

/* Seconds are from now. */
struct pki_crl_request {
	const struct pair *issuer;
	long from, to;
	const struct pair *revoked;	/* NULL: nobody */
	bool delta;
	bool spoilt;			/* the signature is wrong */
};

/* Issues a certificate that is valid since yesterday, with a key of its own
 * and a serial number that no other has. */
struct pair pki_issue(const struct pki_request *request);
void pki_discard(struct pair *pair);

X509_CRL *pki_crl(const struct pki_crl_request *request);

#endif
