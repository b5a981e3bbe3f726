/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "log/decision_writer.h"

#define EPOCH "fp=- san=- local=- at=\"1970-01-01T00:00:00Z\" "

static const unsigned char sha256[REQUEST_SHA256_SIZE] = {
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
};
static const char *const names[] = { "DNS:a.example.org", "URI:x,DNS:y" };

static const struct {
	struct log_decision decision;
	const char *line;
} rows[] = {
	{ { .outcome = VERDICT_ALLOW, .user = "alice@example.org", .vm = "debianx",
	    .service = "spice", .client = "192.0.2.7;40312",
	    .cert_cn = "alice-laptop", .sha256 = sha256, .names = names,
	    .name_count = COUNT(names), .local = REQUEST_LOCAL_ACCOUNT,
	    .local_user = "alice", .at = 1795442709, .mechanism = "SCRAM-SHA-256",
	    .grant = 3, .reason = "allowed by grant" },
	    "allow user=\"alice@example.org\" vm=\"debianx\" service=\"spice\" "
	    "client=\"192.0.2.7:40312\" cert=\"alice-laptop\" "
	    "fp=\"abababababababababababababababababababababababababababababababab\" "
	    "san=\"DNS:a.example.org,URI:x\\x2cDNS:y\" local=\"alice\" "
	    "at=\"2026-11-23T14:05:09Z\" mech=\"SCRAM-SHA-256\" grant=3 reason=\"allowed by grant\"" },
	{ { .vm = "debianx", .vm_source = "libvirt", .revision = 1206,
	    .reason = "x" },
	    "deny user=- vm=\"debianx\" vm_source=\"libvirt\" service=- client=- "
	    "cert=- " EPOCH "mech=- grant=- revision=1206 reason=\"x\"" },
	{ { .reason = "no TLS" },
	    "deny user=- vm=- service=- client=- cert=- " EPOCH
	    "mech=- grant=- reason=\"no TLS\"" },
	{ { .local = REQUEST_LOCAL_REMOTE, .local_user = "nobody", .reason = "x" },
	    "deny user=- vm=- service=- client=- cert=- fp=- san=- "
	    "local=remote at=\"1970-01-01T00:00:00Z\" mech=- grant=- "
	    "reason=\"x\"" },
	{ { .client = "2001:db8::7;40312", .reason = "x", .detail = "y: z" },
	    "deny user=- vm=- service=- client=\"[2001:db8::7]:40312\" cert=- "
	    EPOCH "mech=- grant=- reason=\"x: y: z\"" },
	{ { .user = "a\" vm=\"kali", .vm = "a\nallow user=\"x\"",
	    .cert_cn = "\x1b[31m", .reason = "x\\y", .detail = "" },
	    "deny user=\"a\\x22 vm=\\x22kali\" "
	    "vm=\"a\\x0aallow user=\\x22x\\x22\" service=- client=- "
	    "cert=\"\\x1b[31m\" " EPOCH "mech=- grant=- reason=\"x\\x5cy\"" },
	{ { .user = "\xc3\xa9\x7f%n%s", .reason = "" },
	    "deny user=\"\\xc3\\xa9\\x7f%n%s\" vm=- service=- client=- cert=- "
	    EPOCH "mech=- grant=- reason=\"\"" },
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
	struct log_decision decision = { .user = value, .reason = "x" };

	(void)state;
	memset(value, 'n', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_format(line, &decision);
	assert_int_equal(strspn(line + strlen("deny user=\""), "n"),
	    LOG_VALUE_MAX);
	assert_non_null(strstr(line, "n...\" vm=- "));

	memset(value, '\n', sizeof(value) - 1);
	decision.vm = decision.service = decision.client = decision.cert_cn =
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
	struct log_decision decision = { .names = many, .name_count = 3,
	    .reason = "x" };
	char line[LOG_LINE_MAX], *san;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	log_format(line, &decision);
	san = strstr(line, " san=\"");
	assert_non_null(san);
	san += strlen(" san=\"");
	assert_int_equal(strspn(san, "n,"), 2 * (sizeof(name) - 1) + 1);
	assert_non_null(strstr(line, "n...\" local=- "));
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
