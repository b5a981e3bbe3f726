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

enum { FILE_MAX = 65535 };	/* octets; a certificate has some 2000 */

/* Nobody is asked for the passphrase of what else is in the file. */
static int
no_passphrase(char *out, int room, int writing, void *context)
{
	(void)out;
	(void)room;
	(void)writing;
	(void)context;
	return -1;
}

static X509 *
parse(const char *octets, size_t size)
{
	const unsigned char *der = (const unsigned char *)octets;
	BIO *memory = BIO_new_mem_buf(octets, (int)size);
	X509 *certificate;

	if (memory == NULL)
		return NULL;
	certificate = PEM_read_bio_X509(memory, NULL, no_passphrase, NULL);
	BIO_free(memory);
	if (certificate != NULL)
		return certificate;
	certificate = d2i_X509(NULL, &der, (long)size);
	if (certificate != NULL && der != (const unsigned char *)octets + size) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

static const char *
take_facts(const X509 *certificate, time_t when, struct cert_facts *facts)
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
	char *octets = file_read_path(path, FILE_MAX, &size);
	const char *wrong;
	X509 *certificate;

	memset(facts_r, 0, sizeof(*facts_r));
	if (octets == NULL)
		return errno == EFBIG ? "too large for a certificate" :
		    strerror(errno);
	certificate = parse(octets, size);
	free(octets);
	if (certificate == NULL)
		return "not a certificate in PEM or DER";
	wrong = take_facts(certificate, when, facts_r);
	X509_free(certificate);
	if (wrong != NULL)
		memset(facts_r, 0, sizeof(*facts_r));
	return wrong;
}
