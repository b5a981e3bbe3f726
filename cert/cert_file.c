/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "cert/cert_file.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_read.h"

enum { CERT_FILE_MAX = 65535 };	/* octets; a certificate has some 2000 */

/* PEM can encrypt any block.  OpenSSL's own callback would prompt for the
 * passphrase, and certificates are not encrypted. */
static int
cert_file_no_passphrase_cb(char *out, int room, int writing, void *context)
{
	(void)out;
	(void)room;
	(void)writing;
	(void)context;
	return -1;
}

/* Octets behind the DER are refused: the file is something else then. */
static X509 *
cert_file_parse(const char *octets, size_t size)
{
	const unsigned char *der = (const unsigned char *)octets;
	BIO *memory = BIO_new_mem_buf(octets, (int)size);
	X509 *certificate;

	if (memory == NULL)
		return NULL;
	/* the first certificate, whatever stands in front of it */
	certificate = PEM_read_bio_X509(memory, NULL,
	    cert_file_no_passphrase_cb, NULL);
	BIO_free(memory);
	if (certificate != NULL)
		return certificate;
	certificate = d2i_X509(NULL, &der, (long)size);
	if (certificate != NULL &&
	    der != (const unsigned char *)octets + size) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

static const char *
cert_file_read_facts(const X509 *certificate, time_t when,
    struct cert_facts *facts)
{
	if (X509_cmp_time(X509_get0_notBefore(certificate), &when) >= 0)
		return "the certificate is not valid yet";
	if (X509_cmp_time(X509_get0_notAfter(certificate), &when) <= 0)
		return "the certificate has expired";
	if (!X509_digest(certificate, EVP_sha256(), facts->sha256, NULL))
		return "its fingerprint can't be made";
	cert_name_cn(certificate, facts->cn);
	facts->name_count = cert_name_alternatives(certificate, facts->names);
	return NULL;
}

const char *
cert_file_read(const char *path, time_t when, struct cert_facts *facts_r)
{
	size_t size;
	char *octets = file_read_path(path, CERT_FILE_MAX, &size);
	const char *wrong;
	X509 *certificate;

	memset(facts_r, 0, sizeof(*facts_r));
	if (octets == NULL)
		return errno == EFBIG ? "too large for a certificate" :
		    strerror(errno);
	certificate = cert_file_parse(octets, size);
	free(octets);
	if (certificate == NULL)
		return "not a certificate in PEM or DER";
	wrong = cert_file_read_facts(certificate, when, facts_r);
	X509_free(certificate);
	if (wrong != NULL)
		memset(facts_r, 0, sizeof(*facts_r));
	return wrong;
}
