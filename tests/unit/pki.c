/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/pki.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension;

	if (value == NULL)
		return;
	extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

struct pair
pki_issue(const struct pki_request *request)
{
	static long serial;
	struct pair pair = { EVP_EC_gen("P-256"), X509_new() };
	const struct pair *issuer = request->issuer != NULL ?
	    request->issuer : &pair;

	X509_set_version(pair.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(pair.certificate), ++serial);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(pair.certificate),
	    "CN", MBSTRING_UTF8, (const unsigned char *)request->cn, -1, -1, 0);
	X509_set_issuer_name(pair.certificate,
	    X509_get_subject_name(issuer->certificate));
	X509_gmtime_adj(X509_getm_notBefore(pair.certificate), -86400);
	X509_gmtime_adj(X509_getm_notAfter(pair.certificate),
	    request->lifetime);
	X509_set_pubkey(pair.certificate, pair.key);
	add_extension(pair.certificate, NID_basic_constraints,
	    request->authority ? "critical,CA:TRUE" : NULL);
	add_extension(pair.certificate, NID_ext_key_usage, request->usage);
	add_extension(pair.certificate, NID_subject_alt_name, request->names);
	assert_true(X509_sign(pair.certificate, issuer->key, EVP_sha256()) > 0);
	return pair;
}

void
pki_discard(struct pair *pair)
{
	EVP_PKEY_free(pair->key);
	X509_free(pair->certificate);
}

/* --- CRLs ---------------------------------------------------------------- */

static void
add_revoked(X509_CRL *crl, const X509 *certificate)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *now = ASN1_TIME_adj(NULL, time(NULL), 0, 0);

	assert_true(X509_REVOKED_set_serialNumber(entry,
	    (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(certificate)));
	X509_REVOKED_set_revocationDate(entry, now);
	assert_true(X509_CRL_add0_revoked(crl, entry));
	ASN1_TIME_free(now);
}

static void
mark_delta(X509_CRL *crl)
{
	ASN1_INTEGER *base = ASN1_INTEGER_new();

	ASN1_INTEGER_set(base, 1);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1,
	    X509V3_ADD_APPEND), 1);
	ASN1_INTEGER_free(base);
}

/* The last octet belongs to the signature. */
static X509_CRL *
spoil(X509_CRL *crl)
{
	unsigned char *octets = NULL;
	const unsigned char *at;
	int size = i2d_X509_CRL(crl, &octets);

	assert_true(size > 0);
	octets[size - 1] ^= 1;
	at = octets;
	X509_CRL_free(crl);
	crl = d2i_X509_CRL(NULL, &at, size);
	OPENSSL_free(octets);
	assert_non_null(crl);
	return crl;
}

static X509_CRL *
make_crl(const struct pki_crl_request *request)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_adj(NULL, time(NULL), 0, request->from);
	ASN1_TIME *to = ASN1_TIME_adj(NULL, time(NULL), 0, request->to);

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl,
	    X509_get_subject_name(request->issuer->certificate));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (request->revoked != NULL)
		add_revoked(crl, request->revoked->certificate);
	if (request->delta)
		mark_delta(crl);
	X509_CRL_sort(crl);
	assert_true(X509_CRL_sign(crl, request->issuer->key, EVP_sha256()) > 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return request->spoilt ? spoil(crl) : crl;
}

size_t
pki_crls(const struct pki_crl_request *crls, enum pki_form form,
    unsigned char *octets)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int size;

	for (size_t i = 0; i < PKI_CRLS_MAX && crls[i].issuer != NULL; i++) {
		X509_CRL *crl = make_crl(&crls[i]);

		if (form == PKI_PEM)
			PEM_write_bio_X509_CRL(bio, crl);
		else
			i2d_X509_CRL_bio(bio, crl);
		X509_CRL_free(crl);
	}
	size = BIO_read(bio, octets, PKI_CRLS_SIZE);
	assert_true(size > 0 && size < PKI_CRLS_SIZE);
	BIO_free(bio);
	return (size_t)size;
}

void
pki_write(const char *path, const void *octets, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, size), size);
	close(fd);
}
