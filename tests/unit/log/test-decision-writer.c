/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "log/decision_writer.h"

#define AT_EPOCH "at=\"1970-01-01T00:00:00Z\" "
#define EPOCH "cert_sha256=- cert_san=- local_user=- " AT_EPOCH
#define NO_NUMBERS "grant=- revision=- ticket=- session=- "
#define END "mechanism=- socket=- " NO_NUMBERS

static const unsigned char sha256[REQUEST_SHA256_SIZE] = {
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
};
static const char *const names[] = { "DNS:a.example.org", "URI:x,DNS:y" };

static const struct {
	struct decision_record decision;
	const char *line;
} rows[] = {
	{ { .verdict = VERDICT_ALLOW, .user = "alice@example.org",
	    .vm = "debianx", .service = "spice", .client = "192.0.2.7;40312",
	    .certificate = { .cn = "alice-laptop", .sha256 = sha256,
	        .names = names, .name_count = COUNT(names) },
	    .local = REQUEST_LOCAL_ACCOUNT, .local_user = "alice",
	    .at = 1795442709999, .mechanism = "SCRAM-SHA-256", .grant = 3,
	    .reason = "allowed by grant" },
	    "allow user=\"alice@example.org\" vm=\"debianx\" vm_source=- "
	    "service=\"spice\" client=\"192.0.2.7:40312\" "
	    "cert_cn=\"alice-laptop\" cert_sha256=\"abababababababababababab"
	    "abababababababababababababababababababab\" "
	    "cert_san=\"DNS:a.example.org,URI:x\\x2cDNS:y\" "
	    "local_user=\"alice\" at=\"2026-11-23T14:05:09Z\" "
	    "mechanism=\"SCRAM-SHA-256\" socket=- grant=3 revision=- "
	    "ticket=- session=- reason=\"allowed by grant\"" },
	{ { .vm = "debianx", .vm_source = "libvirt", .socket = "broker",
	    .revision = 1206, .ticket = 3, .session = INT64_MAX,
	    .reason = "x" },
	    "deny user=- vm=\"debianx\" vm_source=\"libvirt\" service=- "
	    "client=- cert_cn=- " EPOCH "mechanism=- socket=\"broker\" "
	    "grant=- revision=1206 ticket=3 session=\"9223372036854775807\" "
	    "reason=\"x\"" },
	{ { .verdict = VERDICT_OBSERVE, .reason = "no TLS" },
	    "observe user=- vm=- vm_source=- service=- client=- cert_cn=- "
	    EPOCH END "reason=\"no TLS\"" },
	{ { .local = REQUEST_LOCAL_REMOTE, .local_user = "nobody" },
	    "deny user=- vm=- vm_source=- service=- client=- cert_cn=- "
	    "cert_sha256=- cert_san=- local_user=remote " AT_EPOCH END
	    "reason=\"\"" },
	{ { .local_user = "nobody", .reason = "x" },
	    "deny user=- vm=- vm_source=- service=- client=- cert_cn=- "
	    EPOCH END "reason=\"x\"" },
	{ { .client = "2001:db8::7;40312", .reason = "x", .detail = "y: z" },
	    "deny user=- vm=- vm_source=- service=- "
	    "client=\"[2001:db8::7]:40312\" cert_cn=- " EPOCH END
	    "reason=\"x: y: z\"" },
	{ { .user = "a\" vm=\"kali", .vm = "a\nallow user=\"x\"",
	    .certificate = { .cn = "\x1b[31m" }, .reason = "x\\y",
	    .detail = "" },
	    "deny user=\"a\\x22 vm=\\x22kali\" "
	    "vm=\"a\\x0aallow user=\\x22x\\x22\" vm_source=- service=- "
	    "client=- cert_cn=\"\\x1b[31m\" " EPOCH END
	    "reason=\"x\\x5cy\"" },
	{ { .user = "\xc3\xa9\x7f%n%s", .reason = "" },
	    "deny user=\"\\xc3\\xa9\\x7f%n%s\" vm=- vm_source=- service=- "
	    "client=- cert_cn=- " EPOCH END "reason=\"\"" },
};

static void
formats(void **state)
{
	char line[LOG_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_format(line, &rows[i].decision);
		assert_string_equal(line, rows[i].line);
	}
}

static void
caps(void **state)
{
	char value[5000], line[LOG_LINE_MAX];
	struct decision_record decision = { .user = value, .reason = "x" };

	(void)state;
	memset(value, 'n', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_format(line, &decision);
	assert_int_equal(strspn(line + strlen("deny user=\""), "n"),
	    LOG_VALUE_MAX);
	assert_non_null(strstr(line, "n...\" vm=- "));

	memset(value, '\n', sizeof(value) - 1);
	decision.vm = decision.service = decision.client =
	    decision.certificate.cn =
	    decision.mechanism = decision.reason = decision.detail = value;
	log_format(line, &decision);
	assert_true(strlen(line) < LOG_LINE_MAX);
	assert_string_equal(line + strlen(line) - 3, "...");
	assert_null(strchr(line, '\n'));
}

/* Alternative names are cut as a whole, so that none turns into another. */
static void
caps_names(void **state)
{
	char name[LOG_NAMES_MAX / 2];
	const char *many[] = { name, name, name };
	struct decision_record decision = { 
	    .certificate = { .names = many, .name_count = 3 },
	    .reason = "x" };
	char line[LOG_LINE_MAX], *san;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	log_format(line, &decision);
	san = strstr(line, " cert_san=\"");
	assert_non_null(san);
	san += strlen(" cert_san=\"");
	assert_int_equal(strspn(san, "n,"), 2 * (sizeof(name) - 1) + 1);
	assert_non_null(strstr(line, "n...\" local_user=- "));
}

static void
formats_fields(void **state)
{
	const struct log_field fields[] = {
		{ "user", "a\"b\n@x" }, { "client", NULL }, { "session", "7" },
	};
	char line[LOG_LINE_MAX], longest[LOG_LINE_MAX + 1];
	const struct log_field many[] = {
		{ "a", longest }, { "b", longest }, { "c", longest },
		{ "d", longest }, { "e", longest }, { "f", longest },
		{ "g", longest }, { "h", longest }, { "i", longest },
	};

	(void)state;
	log_format_fields(line, "session end", fields, COUNT(fields));
	assert_string_equal(line, "session end user=\"a\\x22b\\x0a@x\" "
	    "client=- session=\"7\"");
	memset(longest, 'x', LOG_LINE_MAX);
	longest[LOG_LINE_MAX] = '\0';
	log_format_fields(line, "session end", many, COUNT(many));
	assert_true(strlen(line) < LOG_LINE_MAX);
	assert_string_equal(line + strlen(line) - 3, "...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_fields),
		cmocka_unit_test(formats),
		cmocka_unit_test(caps),
		cmocka_unit_test(caps_names),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
