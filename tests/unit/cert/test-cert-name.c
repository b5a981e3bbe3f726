/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert/cert_name.h"

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
	{ "after others", {
	    { NID_organizationName, V_ASN1_UTF8STRING, "o", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "alice", -1 } }, "alice" },
	{ "printable string", { { NID_commonName, V_ASN1_PRINTABLESTRING,
	    "alice", -1 } }, "alice" },
	{ "UTF-8", { { NID_commonName, V_ASN1_UTF8STRING,
	    "\xc3\xa9lise", -1 } }, "\xc3\xa9lise" },
	{ "Latin-1 becomes UTF-8", { { NID_commonName, V_ASN1_T61STRING,
	    "\xe9lise", -1 } }, "\xc3\xa9lise" },
	{ "UTF-16 becomes UTF-8", { { NID_commonName, V_ASN1_BMPSTRING,
	    "\0a\0b", 4 } }, "ab" },
	{ "64 octets", { { NID_commonName, V_ASN1_UTF8STRING,
	    A64, -1 } }, A64 },

	{ "no subject", { { 0, 0, NULL, 0 } }, NULL },
	{ "no CN", { { NID_organizationName, V_ASN1_UTF8STRING, "alice", -1 } },
	    NULL },
	{ "two CNs", { { NID_commonName, V_ASN1_UTF8STRING, "alice", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "bob", -1 } }, NULL },
	{ "the same CN twice", { { NID_commonName, V_ASN1_UTF8STRING, "a", -1 },
	    { NID_commonName, V_ASN1_UTF8STRING, "a", -1 } }, NULL },
	{ "a NUL", { { NID_commonName, V_ASN1_UTF8STRING,
	    "alice\0.evil", 11 } }, NULL },
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

/* --- alternative names --------------------------------------------------- */

struct alternative {
	int type;		/* GEN_...; any but the three: an IP address */
	const char *value;
	int length;		/* -1: strlen */
};

#define ALICE "alice@example.org"

static const struct {
	const char *title;
	struct alternative names[4];	/* up to one without a value */
	const char *expected[4];	/* up to NULL */
} alternatives[] = {
	{ "a host", { { GEN_DNS, "host.example.org", -1 } },
	    { "DNS:host.example.org" } },
	{ "an address", { { GEN_EMAIL, ALICE, -1 } }, { "email:" ALICE } },
	{ "a URI", { { GEN_URI, "spiffe://example.org/a", -1 } },
	    { "URI:spiffe://example.org/a" } },
	{ "all three, in order", { { GEN_URI, "urn:a", -1 },
	    { GEN_DNS, "a", -1 }, { GEN_EMAIL, ALICE, -1 } },
	    { "URI:urn:a", "DNS:a", "email:" ALICE } },
	{ "case stays", { { GEN_DNS, "Host", -1 } }, { "DNS:Host" } },
	{ "a host that says it is an address", { { GEN_DNS, "email:a", -1 } },
	    { "DNS:email:a" } },
	{ "other types don't count", { { GEN_IPADD, "\0\0\0\1", 4 },
	    { GEN_DNS, "a", -1 }, { GEN_IPADD, "\1\2\3\4", 4 } },
	    { "DNS:a" } },

	{ "no names", { { 0, NULL, 0 } }, { NULL } },
	{ "an IP address alone", { { GEN_IPADD, "\1\2\3\4", 4 } }, { NULL } },
	{ "a NUL", { { GEN_DNS, "a\0.evil", 7 } }, { NULL } },
	{ "a NUL at the end", { { GEN_EMAIL, ALICE "\0", 18 } }, { NULL } },
	{ "a NUL alone", { { GEN_URI, "\0", 1 } }, { NULL } },
	{ "empty", { { GEN_DNS, "", 0 } }, { NULL } },
	{ "a newline", { { GEN_URI, "urn:a\nb", -1 } }, { NULL } },
	{ "an escape", { { GEN_DNS, "a\x1b[m", -1 } }, { NULL } },
	{ "DEL", { { GEN_DNS, "a\x7f", -1 } }, { NULL } },
	{ "UTF-8", { { GEN_EMAIL, "\xc3\xa9@example.org", -1 } }, { NULL } },
	{ "Latin-1", { { GEN_DNS, "\xe9", -1 } }, { NULL } },
	{ "a bad one after a good one", { { GEN_DNS, "a", -1 },
	    { GEN_DNS, "b\0", 2 } }, { NULL } },
	{ "a bad one of another type", { { GEN_EMAIL, "a\rb", -1 },
	    { GEN_DNS, "a", -1 } }, { NULL } },
};

static void
push_name(GENERAL_NAMES *names, const struct alternative *alternative)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	bool address = alternative->type == GEN_IPADD;
	ASN1_STRING *value = address ? ASN1_OCTET_STRING_new() :
	    ASN1_IA5STRING_new();

	ASN1_STRING_set(value, alternative->value, alternative->length);
	GENERAL_NAME_set0_value(name, alternative->type, value);
	sk_GENERAL_NAME_push(names, name);
}

static void
add_names(X509 *certificate, const struct alternative *alternative,
    size_t count)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	for (size_t i = 0; i < count && alternative[i].value != NULL; i++)
		push_name(names, &alternative[i]);
	assert_int_equal(X509_add1_ext_i2d(certificate, NID_subject_alt_name,
	    names, 0, X509V3_ADD_APPEND), 1);
	GENERAL_NAMES_free(names);
}

static char found[CERT_NAMES_MAX][CERT_NAME_MAX];

/* As many as the function says, and not one more can be read. */
static size_t
find_names(const X509 *certificate)
{
	size_t count;

	memset(found, 'x', sizeof(found));
	count = cert_name_alternatives(certificate, found);
	for (size_t i = count; i < CERT_NAMES_MAX; i++)
		assert_string_equal(found[i], "");
	return count;
}

static void
reads_alternatives(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(alternatives); i++) {
		X509 *certificate = X509_new();
		size_t count, wanted = 0;

		TITLE(alternatives[i].title);
		while (alternatives[i].expected[wanted] != NULL)
			wanted++;
		add_names(certificate, alternatives[i].names, 4);
		count = find_names(certificate);
		assert_int_equal(count, wanted);
		for (size_t j = 0; j < count; j++)
			assert_string_equal(found[j],
			    alternatives[i].expected[j]);
		X509_free(certificate);
	}
}

static size_t
count_names(size_t names, size_t others, const char *value, int length)
{
	struct alternative all[64];
	X509 *certificate = X509_new();
	size_t count = 0;

	assert_true(names + others <= COUNT(all));
	while (count < others)
		all[count++] = (struct alternative){ GEN_IPADD, "\1\2\3\4", 4 };
	while (count < names + others)
		all[count++] = (struct alternative){ GEN_EMAIL, value, length };
	add_names(certificate, all, count);
	count = find_names(certificate);
	X509_free(certificate);
	return count;
}

static void
bounds_alternatives(void **state)
{
	char value[4096];

	(void)state;
	memset(value, 'n', sizeof(value));
	assert_int_equal(count_names(CERT_NAMES_MAX, 0, "a", -1),
	    CERT_NAMES_MAX);
	assert_int_equal(count_names(CERT_NAMES_MAX, 30, "a", -1),
	    CERT_NAMES_MAX);
	assert_int_equal(count_names(CERT_NAMES_MAX + 1, 0, "a", -1), 0);
	assert_int_equal(count_names(1, 0, value, 254), 1);
	assert_int_equal(strlen(found[0]), CERT_NAME_MAX - 1);
	assert_int_equal(count_names(1, 0, value, 255), 0);
	assert_int_equal(count_names(1, 0, value, CERT_NAME_MAX), 0);
	assert_int_equal(count_names(1, 0, value, sizeof(value)), 0);
}

/* A certificate whose extension is these octets, which is no list of names
 * or not one alone. */
static void
refuses_malformed_alternatives(void **state)
{
	static const unsigned char octets[] = { 0x30, 0x07, 0x82, 0x05, 'a' };
	const struct alternative a = { GEN_DNS, "a", -1 };
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509 *malformed = X509_new(), *twice = X509_new();
	X509_EXTENSION *extension;

	(void)state;
	ASN1_OCTET_STRING_set(value, octets, sizeof(octets));
	extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0,
	    value);
	X509_add_ext(malformed, extension, -1);
	assert_int_equal(find_names(malformed), 0);
	add_names(twice, &a, 1);
	assert_int_equal(find_names(twice), 1);
	add_names(twice, &a, 1);
	assert_int_equal(find_names(twice), 0);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	X509_free(malformed);
	X509_free(twice);
}

static void
knows_validity(void **state)
{
	static const struct {
		long from, to;		/* seconds from now */
		bool current;
	} spans[] = {
		{ -60, 60, true }, { -1, 1, true }, { -60, 0, false },
		{ -60, -1, false }, { 1, 120, false }, { 60, 120, false },
		{ 60, -60, false },
	};
	const time_t now = 1700000000;

	(void)state;
	for (size_t i = 0; i < COUNT(spans); i++) {
		X509 *certificate = X509_new();

		ASN1_TIME_set(X509_getm_notBefore(certificate),
		    now + spans[i].from);
		ASN1_TIME_set(X509_getm_notAfter(certificate),
		    now + spans[i].to);
		assert_int_equal(cert_name_is_current(certificate, now),
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
		cmocka_unit_test(reads_alternatives),
		cmocka_unit_test(bounds_alternatives),
		cmocka_unit_test(refuses_malformed_alternatives),
		cmocka_unit_test(knows_validity),
	};

	return cmocka_run_group_tests_name("cert_name", tests, NULL, NULL);
}
