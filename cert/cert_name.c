/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "cert/cert_name.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* A NUL within a name has let certificates for "good\0.evil" pass as "good";
 * other control characters could forge a line of a log. */
static bool
cert_name_is_plain(const unsigned char *text, int length, int max, bool ascii)
{
	if (length <= 0 || length >= max)
		return false;
	for (int i = 0; i < length; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f ||
		    (ascii && text[i] > 0x7f))
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

	/* With several CNs two readers may take different ones. */
	cn_r[0] = '\0';
	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	entry = X509_NAME_get_entry(subject, at);
	length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	if (length < 0)
		return false;
	good = cert_name_is_plain(text, length, CERT_CN_MAX, false);
	if (good) {
		memcpy(cn_r, text, (size_t)length);
		cn_r[length] = '\0';
	}
	OPENSSL_free(text);
	return good;
}

/* The prefix of the types of names that a grant can name, as OpenSSL prints
 * them; NULL for the other types. */
static const char *
cert_name_type_prefix(const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_DNS:
		return "DNS:";
	case GEN_EMAIL:
		return "email:";
	case GEN_URI:
		return "URI:";
	default:
		return NULL;
	}
}

/* The three types have an IA5String at the same place of the union.  RFC 5280
 * allows ASCII alone, internationalized names included (section 7). */
static bool
cert_name_write(const char *prefix, const GENERAL_NAME *name,
    char out[CERT_NAME_MAX])
{
	const unsigned char *text = ASN1_STRING_get0_data(name->d.ia5);
	int length = ASN1_STRING_length(name->d.ia5), written;

	if (!cert_name_is_plain(text, length, CERT_NAME_MAX, true))
		return false;
	written = snprintf(out, CERT_NAME_MAX, "%s%.*s", prefix, length,
	    (const char *)text);
	return written > 0 && written < CERT_NAME_MAX;
}

/* Returns false if there are too many names, or a malformed one.  A malformed
 * name is not skipped: who has forged it may have forged the others. */
static bool
cert_name_write_all(const GENERAL_NAMES *all,
    char names[CERT_NAMES_MAX][CERT_NAME_MAX], size_t *count)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		const char *prefix = cert_name_type_prefix(name);

		if (prefix == NULL)
			continue;
		if (*count == CERT_NAMES_MAX ||
		    !cert_name_write(prefix, name, names[*count]))
			return false;
		(*count)++;
	}
	return true;
}

size_t
cert_name_alternatives(const X509 *certificate,
    char names_r[CERT_NAMES_MAX][CERT_NAME_MAX])
{
	GENERAL_NAMES *all = X509_get_ext_d2i(certificate,
	    NID_subject_alt_name, NULL, NULL);
	size_t count = 0;

	memset(names_r, 0, (size_t)CERT_NAMES_MAX * CERT_NAME_MAX);
	if (all != NULL && !cert_name_write_all(all, names_r, &count)) {
		memset(names_r, 0, (size_t)CERT_NAMES_MAX * CERT_NAME_MAX);
		count = 0;
	}
	GENERAL_NAMES_free(all);
	return count;
}

bool
cert_name_is_current(const X509 *certificate, time_t now)
{
	return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 &&
	    X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}
