/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "log/decision_writer.h"
#include "log/decision_reader.h"

#define USER "user=\"alice@example.org\" vm=\"debianx\" vm_source=- " \
    "service=\"spice\" "
#define CLIENT "client=\"192.0.2.7:4711\" "
#define CERT "cert_cn=\"alice-laptop\" "
#define FP "cert_sha256=" \
    "\"abababababababababababababababababababababababababababababababab\" "
#define SAN "cert_san=\"DNS:a,email:b\" "
#define LOCAL "local_user=\"alice\" "
#define AT "at=\"2026-11-23T14:05:09Z\" "
#define REST "revision=- ticket=- session=- "
#define END "mechanism=\"x\" socket=- grant=3 " REST \
    "reason=\"allowed by grant\""
#define NO_END "mechanism=- socket=- grant=- " REST "reason=\"\""
#define TAG "Nov 23 14:05:09 host vmauthz[812]: "
#define WHOLE "allow " USER CLIENT CERT FP SAN LOCAL AT END
#define NONE "cert_cn=- cert_sha256=- cert_san=- local_user=- "

static enum decision_line_kind
parse(char room[8192], const char *text, struct decision_record *decision)
{
	static const char *names[DECISION_NAMES_MAX];

	assert_true(strlen(text) < 8192);
	strcpy(room, text);
	return decision_line_parse(room, names, decision);
}

static void
reads(void **state)
{
	struct decision_record decision;
	char room[8192];

	(void)state;
	assert_int_equal(parse(room, TAG WHOLE, &decision),
	    DECISION_LINE_GOOD);
	assert_int_equal(decision.verdict, VERDICT_ALLOW);
	assert_string_equal(decision.user, "alice@example.org");
	assert_string_equal(decision.vm, "debianx");
	assert_string_equal(decision.service, "spice");
	assert_string_equal(decision.client, "192.0.2.7");
	assert_string_equal(decision.certificate.cn, "alice-laptop");
	assert_int_equal(decision.certificate.sha256[31], 0xab);
	assert_int_equal(decision.certificate.name_count, 2);
	assert_string_equal(decision.certificate.names[0], "DNS:a");
	assert_string_equal(decision.certificate.names[1], "email:b");
	assert_int_equal(decision.local, REQUEST_LOCAL_ACCOUNT);
	assert_string_equal(decision.local_user, "alice");
	assert_int_equal(decision.at, 1795442709000);
	assert_string_equal(decision.mechanism, "x");
	assert_int_equal(decision.grant, 3);
	assert_string_equal(decision.reason, "allowed by grant");
}

static void
reads_nothing(void **state)
{
	struct decision_record decision;
	char room[8192];

	(void)state;
	assert_int_equal(parse(room, "vmauthz[1]: observe user=- vm=- "
	    "vm_source=- service=- client=\"[2001:db8::7]:1\" " NONE AT
	    "mechanism=- socket=- grant=- revision=77 ticket=- session=- "
	    "reason=\"a: b...", &decision),
	    DECISION_LINE_GOOD);
	assert_int_equal(decision.verdict, VERDICT_OBSERVE);
	assert_null(decision.user);
	assert_null(decision.vm);
	assert_null(decision.service);
	assert_string_equal(decision.client, "2001:db8::7");
	assert_null(decision.certificate.cn);
	assert_null(decision.certificate.sha256);
	assert_int_equal(decision.certificate.name_count, 0);
	assert_int_equal(decision.local, REQUEST_LOCAL_UNKNOWN);
	assert_null(decision.local_user);
	assert_int_equal(decision.grant, 0);
	assert_int_equal(decision.revision, 77);
	assert_string_equal(decision.reason, "a: b...");
}

static void
reads_clients(void **state)
{
	static const struct {
		const char *written, *address;
	} rows[] = {
		{ "192.0.2.7:4711", "192.0.2.7" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "[2001:db8::7]:4711", "2001:db8::7" },
		{ "2001:db8::7", "2001:db8::7" },
		{ "::1", "::1" },
		{ ":1", "" },
		{ ":", "" },
		{ "[:1", "[" },
		{ "]:1", "]" },
		{ "[]:1", "" },
		{ "[", "[" },
		{ "", "" },
	};
	char line[512], room[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decision_record decision;

		snprintf(line, sizeof(line), TAG "deny " USER "client=\"%s\" "
		    NONE AT NO_END, rows[i].written);
		assert_int_equal(parse(room, line, &decision),
		    DECISION_LINE_GOOD);
		assert_string_equal(decision.client, rows[i].address);
	}
}

static const struct {
	const char *line;
	enum decision_line_kind expected;
} rows[] = {
	{ WHOLE, DECISION_LINE_OTHER },
	{ "", DECISION_LINE_OTHER },
	{ "vmauthz[1]: ", DECISION_LINE_OTHER },
	{ "vmauthz[1]: allowed " USER, DECISION_LINE_OTHER },
	{ "vmauthz[]: " WHOLE, DECISION_LINE_OTHER },
	{ "vmauthz[a]: " WHOLE, DECISION_LINE_OTHER },
	{ "xvmauthz[1]: " WHOLE, DECISION_LINE_OTHER },
	{ "[1]: " WHOLE, DECISION_LINE_OTHER },
	{ "sshd[9]: Invalid user vmauthz[1]: " WHOLE, DECISION_LINE_OTHER },
	{ "<86>vmauthz[1]: " WHOLE, DECISION_LINE_GOOD },
	{ TAG "deny " USER CLIENT NONE AT NO_END,
	    DECISION_LINE_GOOD },
	{ TAG "deny " USER CLIENT
	    "cert_cn=- cert_sha256=- cert_san=- local_user=remote " AT
	    NO_END, DECISION_LINE_GOOD },

	{ TAG WHOLE " ", DECISION_LINE_BAD },
	{ TAG WHOLE "\r", DECISION_LINE_BAD },
	{ TAG WHOLE " reason=\"x\"", DECISION_LINE_BAD },
	{ TAG "allow  " USER, DECISION_LINE_BAD },
	{ TAG "allow " USER USER, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT SAN FP LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT END, DECISION_LINE_BAD },
	{ TAG "allow user=alice vm=- " , DECISION_LINE_BAD },
	{ TAG "allow user=\"a\"vm=- ", DECISION_LINE_BAD },
	{ TAG "allow user=\"a", DECISION_LINE_BAD },
	{ TAG "allow user=-", DECISION_LINE_BAD },
	{ TAG "allow user=\"a\\\" ", DECISION_LINE_BAD },
	{ TAG "deny user=- vm=- vm_source=\"libvirt\" service=- client=- "
	    NONE AT END, DECISION_LINE_GOOD },
	{ TAG "deny user=- vm=- vm_source=libvirt service=- client=- "
	    NONE AT END, DECISION_LINE_BAD },
	{ TAG "deny user=- vm_source=\"libvirt\" vm=- service=- client=- "
	    NONE AT END, DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x00\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x41\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5C\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5c\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_GOOD },
	{ TAG "deny user=\"\xc3\xa9\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\x1b\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT "cert_sha256=\"ab\" " SAN LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT "cert_sha256=\"\" " SAN LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP "cert_san=\"\" " LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP "cert_san=\"DNS:a,\" " LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP
	    "cert_san=\"1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h\" "
	    LOCAL AT END, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN "local_user=other " AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL "at=- " END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL
	    "at=\"2026-11-23 14:05:09Z\" " END, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL
	    "at=\"2026-02-30T14:05:09Z\" " END, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL
	    "at=\"2026-11-23T14:05:9Z\" " END, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=0 " REST "reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=\"a\" socket=\"mux\" grant=- revision=12 ticket=3 "
	    "session=\"9223372036854775807\" reason=\"\"", DECISION_LINE_GOOD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=- revision=- ticket=- "
	    "session=\"9223372036854775808\" reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=- revision=- ticket=- session=1 "
	    "reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=- revision=\"12\" ticket=- "
	    "session=- reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=- revision=12 reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- revision=12 grant=- ticket=- session=- "
	    "reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=-1 " REST "reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=03 " REST "reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=9999999999999999999 " REST
	    "reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=3 " REST "reason=-",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=3 " REST "reason=\"x",
	    DECISION_LINE_BAD },

	{ TAG "allow user=\"aaa...\" vm=- vm_source=- service=- "
	    "client=- " NONE AT END,
	    DECISION_LINE_CUT },
	{ TAG "allow user=\"aaa...", DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT "...", DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP
	    "cert_san=\"DNS:a...\" " LOCAL AT END,
	    DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mechanism=- socket=- grant=...",
	    DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT "mechanism=-...",
	    DECISION_LINE_CUT },
};

static void
refuses(void **state)
{
	static const struct decision_record empty;
	struct decision_record decision;
	char room[8192];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].line);
		assert_int_equal(parse(room, rows[i].line, &decision),
		    rows[i].expected);
		if (rows[i].expected != DECISION_LINE_GOOD)
			assert_memory_equal(&decision, &empty, sizeof(empty));
	}
}

/* Every beginning of a line is refused, and read no further than it goes. */
static void
refuses_beginnings(void **state)
{
	static const char line[] = TAG WHOLE;
	const char *names[DECISION_NAMES_MAX];
	struct decision_record decision;

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		char *room = strndup(line, i);

		assert_int_not_equal(decision_line_parse(room, names,
		    &decision),
		    DECISION_LINE_GOOD);
		free(room);
	}
}

static void
refuses_long(void **state)
{
	char text[8000], room[8192];
	struct decision_record decision;

	(void)state;
	memset(text, 'n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, TAG "allow user=\"", strlen(TAG "allow user=\""));
	assert_int_equal(parse(room, text, &decision), DECISION_LINE_BAD);
}

/* What log_format() writes is read back, however hostile. */
static void
reads_what_is_written(void **state)
{
	static const unsigned char sha256[REQUEST_SHA256_SIZE] = { 1, 0xff };
	static const char *const names[] = { "URI:x,DNS:y\"", "email:a\\b" };
	const struct decision_record written = {
	    .verdict = VERDICT_ALLOW, .user = "a\" vm=\"k\n@b",
	    .vm = "\xc3\xa9\\x41", .vm_source = "libvirt", .service = "vnc",
	    .client = "2001:db8::7;4711",
	    .certificate = { .cn = "c,d", .sha256 = sha256, .names = names,
	        .name_count = COUNT(names) },
	    .local = REQUEST_LOCAL_ACCOUNT, .local_user = "remote",
	    .at = 1795442709000, .mechanism = "M", .socket = "broker",
	    .grant = 123456789012, .revision = 12, .ticket = 3,
	    .session = INT64_MAX, .reason = "r", .detail = "\x1b]: d" };
	char line[LOG_LINE_MAX], room[8192] = TAG;
	const char *read_names[DECISION_NAMES_MAX];
	struct decision_record decision;

	(void)state;
	log_format(line, &written);
	strcat(room, line);
	assert_int_equal(decision_line_parse(room, read_names, &decision),
	    DECISION_LINE_GOOD);
	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
		const struct decision_field *field = &decision_fields[i];

		TITLE(field->name);
		if (field->form == DECISION_FORM_TEXT)
			assert_string_equal(decision_text(&decision, field),
			    decision_text(&written, field));
		if (field->form == DECISION_FORM_NUMBER ||
		    field->form == DECISION_FORM_LONG_NUMBER)
			assert_int_equal(decision_number(&decision, field),
			    decision_number(&written, field));
	}
	assert_int_equal(decision.verdict, VERDICT_ALLOW);
	assert_string_equal(decision.user, written.user);
	assert_string_equal(decision.vm, written.vm);
	assert_string_equal(decision.client, "2001:db8::7");
	assert_string_equal(decision.certificate.cn, written.certificate.cn);
	assert_memory_equal(decision.certificate.sha256, sha256,
	    sizeof(sha256));
	assert_int_equal(decision.certificate.name_count, 2);
	assert_string_equal(decision.certificate.names[0], names[0]);
	assert_string_equal(decision.certificate.names[1], names[1]);
	assert_int_equal(decision.local, REQUEST_LOCAL_ACCOUNT);
	assert_string_equal(decision.local_user, "remote");
	assert_int_equal(decision.at, written.at);
	assert_int_equal(decision.grant, written.grant);
	assert_string_equal(decision.reason, "r: \x1b]: d");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(reads_nothing),
		cmocka_unit_test(reads_clients),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_beginnings),
		cmocka_unit_test(refuses_long),
		cmocka_unit_test(reads_what_is_written),
	};

	return cmocka_run_group_tests_name("decision-line", tests, NULL,
	    NULL);
}
