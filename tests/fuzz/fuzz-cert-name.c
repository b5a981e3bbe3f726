/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The names in a certificate (DER). */

#include <openssl/x509.h>

#include "cert/cert_name.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *at = data;
	X509 *certificate = d2i_X509(NULL, &at, (long)size);
	char names[CERT_NAMES_MAX][CERT_NAME_MAX], cn[CERT_CN_MAX];
	size_t count;

	if (certificate == NULL)
		return 0;
	HOLDS(cert_name_cn(certificate, cn) == (cn[0] != '\0'));
	HOLDS(strlen(cn) < sizeof(cn));
	count = cert_name_alternatives(certificate, names);
	HOLDS(count <= CERT_NAMES_MAX);
	for (size_t i = 0; i < count; i++) {
		HOLDS(strchr(names[i], ':') != NULL);
		for (const char *c = names[i]; *c != '\0'; c++)
			HOLDS(*c >= 0x20 && *c <= 0x7e);
	}
	cert_name_is_current(certificate, 1700000000);
	X509_free(certificate);
	return 0;
}
