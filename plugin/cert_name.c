/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/cert_name.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <string.h>

static bool
is_plain(const unsigned char *text, int length)
{
	if (length <= 0 || length >= CERT_CN_MAX)
		return false;
	for (int i = 0; i < length; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return true;
}

bool
cert_name_cn(const X509 *certificate, char cn_r[CERT_CN_MAX])
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const X509_NAME_ENTRY *entry;
	unsigned char *text = NULL;
	int length;
	bool good;

	cn_r[0] = '\0';
	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	entry = X509_NAME_get_entry(subject, at);
	length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	if (length < 0)
		return false;
	good = is_plain(text, length);
	if (good) {
		memcpy(cn_r, text, (size_t)length);
		cn_r[length] = '\0';
	}
	OPENSSL_free(text);
	return good;
}

bool
cert_name_is_current(const X509 *certificate)
{
	return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
	    X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}
