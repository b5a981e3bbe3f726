/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Certificates and CRLs for unit tests, made in memory. */

#ifndef VMAUTHZ_TESTS_UNIT_PKI_H
#define VMAUTHZ_TESTS_UNIT_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

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

enum pki_form { PKI_PEM, PKI_DER };

enum {
	PKI_CRLS_MAX = 3,
	PKI_CRLS_SIZE = 8192,		/* octets that they take at most */
};

/* Makes CRLs, PKI_CRLS_MAX or up to one without an issuer, one after the
 * other.  octets has room for PKI_CRLS_SIZE; returns how many it got. */
size_t pki_crls(const struct pki_crl_request *crls, enum pki_form form,
    unsigned char *octets);

/* Writes a file in place, mode 0644 if it is new. */
void pki_write(const char *path, const void *octets, size_t size);

#endif
