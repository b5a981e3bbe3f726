/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <openssl/x509.h>

#include "plugin/cert_name.h"

struct entry {
	int nid;
	int type;
	const char *value;
	int length;		/* -1: strlen */
};

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *title;
	struct entry entries[3];
	const char *expected;	/* NULL: none */
} rows[] = {
	{ "a CN", { { NID_commonName, V_ASN1_UTF8STRING, "alice", -1 } },
	    "alice" },
	{ "after others", { { NID_organizationName, V_ASN1_UTF8STRING, "o", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "alice", -1 } }, "alice" },
	{ "printable string", { { NID_commonName, V_ASN1_PRINTABLESTRING,
	    "alice", -1 } }, "alice" },
	{ "UTF-8", { { NID_commonName, V_ASN1_UTF8STRING,
	    "\xc3\xa9lise", -1 } }, "\xc3\xa9lise" },
	{ "Latin-1 becomes UTF-8", { { NID_commonName, V_ASN1_T61STRING,
	    "\xe9lise", -1 } }, "\xc3\xa9lise" },
	{ "UTF-16 becomes UTF-8", { { NID_commonName, V_ASN1_BMPSTRING,
	    "\0a\0b", 4 } }, "ab" },
	{ "64 octets", { { NID_commonName, V_ASN1_UTF8STRING, A64, -1 } }, A64 },

	{ "no subject", { { 0, 0, NULL, 0 } }, NULL },
	{ "no CN", { { NID_organizationName, V_ASN1_UTF8STRING, "alice", -1 } },
	    NULL },
	{ "two CNs", { { NID_commonName, V_ASN1_UTF8STRING, "alice", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "bob", -1 } }, NULL },
	{ "the same CN twice", { { NID_commonName, V_ASN1_UTF8STRING, "a", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "a", -1 } }, NULL },
	{ "a NUL", { { NID_commonName, V_ASN1_UTF8STRING, "alice\0.evil", 11 } },
	    NULL },
	{ "a NUL at the end", { { NID_commonName, V_ASN1_UTF8STRING,
	    "alice\0", 6 } }, NULL },
	{ "a NUL in UTF-16", { { NID_commonName, V_ASN1_BMPSTRING,
	    "\0a\0\0\0b", 6 } }, NULL },
	{ "a newline", { { NID_commonName, V_ASN1_UTF8STRING, "a\nb", -1 } },
	    NULL },
	{ "an escape", { { NID_commonName, V_ASN1_UTF8STRING, "a\x1b[m", -1 } },
	    NULL },
	{ "DEL", { { NID_commonName, V_ASN1_UTF8STRING, "a\x7f", -1 } }, NULL },
};

static X509 *
make(const struct entry *entries)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	for (size_t i = 0; i < 3 && entries[i].nid != 0; i++) {
		X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL,
		    entries[i].nid, entries[i].type,
		    (const unsigned char *)entries[i].value, entries[i].length);

		assert_non_null(entry);
		assert_int_equal(X509_NAME_add_entry(name, entry, -1, 0), 1);
		X509_NAME_ENTRY_free(entry);
	}
	return certificate;
}

static void
reads_cn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *certificate = make(rows[i].entries);
		char cn[CERT_CN_MAX] = "left over";
		bool found = cert_name_cn(certificate, cn);

		TITLE(rows[i].title);
		assert_int_equal(found, rows[i].expected != NULL);
		assert_string_equal(cn, found ? rows[i].expected : "");
		X509_free(certificate);
	}
}

static void
bounds_cn(void **state)
{
	char value[CERT_CN_MAX + 2], cn[CERT_CN_MAX];
	struct entry entries[3] = { { NID_commonName, V_ASN1_UTF8STRING, value,
	    CERT_CN_MAX - 1 } };
	X509 *certificate;

	(void)state;
	memset(value, 'n', sizeof(value));
	certificate = make(entries);
	assert_true(cert_name_cn(certificate, cn));
	assert_int_equal(strlen(cn), CERT_CN_MAX - 1);
	X509_free(certificate);

	entries[0].length = CERT_CN_MAX;
	certificate = make(entries);
	assert_false(cert_name_cn(certificate, cn));
	X509_free(certificate);
}

static void
knows_validity(void **state)
{
	static const struct {
		long from, to;		/* seconds from now */
		bool current;
	} spans[] = {
		{ -60, 60, true }, { -60, -1, false }, { 60, 120, false },
		{ 60, -60, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spans); i++) {
		X509 *certificate = X509_new();

		X509_gmtime_adj(X509_getm_notBefore(certificate), spans[i].from);
		X509_gmtime_adj(X509_getm_notAfter(certificate), spans[i].to);
		assert_int_equal(cert_name_is_current(certificate),
		    spans[i].current);
		X509_free(certificate);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_cn),
		cmocka_unit_test(bounds_cn),
		cmocka_unit_test(knows_validity),
	};

	return cmocka_run_group_tests_name("cert_name", tests, NULL, NULL);
}
