/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "log/decision_writer.h"
#include "log/decision_reader.h"

#define USER "user=\"alice@example.org\" vm=\"debianx\" service=\"spice\" "
#define CLIENT "client=\"192.0.2.7:4711\" "
#define CERT "cert=\"alice-laptop\" "
#define FP "fp=\"abababababababababababababababababababababababababababababababab\" "
#define SAN "san=\"DNS:a,email:b\" "
#define LOCAL "local=\"alice\" "
#define AT "at=\"2026-11-23T14:05:09Z\" "
#define END "mech=\"x\" grant=3 reason=\"allowed by grant\""
#define TAG "Nov 23 14:05:09 host vmauthz[812]: "
#define WHOLE "allow " USER CLIENT CERT FP SAN LOCAL AT END
#define NONE "cert=- fp=- san=- local=- "

static enum decision_line_kind
parse(char room[8192], const char *text, struct decision_line *decision)
{
	assert_true(strlen(text) < 8192);
	strcpy(room, text);
	return decision_line_parse(room, decision);
}

static void
reads(void **state)
{
	struct decision_line decision;
	char room[8192];

	(void)state;
	assert_int_equal(parse(room, TAG WHOLE, &decision),
	    DECISION_LINE_GOOD);
	assert_true(decision.allowed);
	assert_string_equal(decision.user, "alice@example.org");
	assert_string_equal(decision.vm, "debianx");
	assert_string_equal(decision.service, "spice");
	assert_string_equal(decision.client, "192.0.2.7");
	assert_string_equal(decision.cert_cn, "alice-laptop");
	assert_true(decision.has_sha256);
	assert_int_equal(decision.sha256[31], 0xab);
	assert_int_equal(decision.name_count, 2);
	assert_string_equal(decision.names[0], "DNS:a");
	assert_string_equal(decision.names[1], "email:b");
	assert_int_equal(decision.local, REQUEST_LOCAL_ACCOUNT);
	assert_string_equal(decision.local_user, "alice");
	assert_int_equal(decision.at, 1795442709);
	assert_string_equal(decision.mechanism, "x");
	assert_int_equal(decision.grant, 3);
	assert_string_equal(decision.reason, "allowed by grant");
}

static void
reads_nothing(void **state)
{
	struct decision_line decision;
	char room[8192];

	(void)state;
	assert_int_equal(parse(room, "vmauthz[1]: observe user=- vm=- "
	    "service=- client=\"[2001:db8::7]:1\" " NONE AT
	    "mech=- grant=- revision=77 reason=\"a: b...", &decision),
	    DECISION_LINE_GOOD);
	assert_false(decision.allowed);
	assert_null(decision.user);
	assert_null(decision.vm);
	assert_null(decision.service);
	assert_string_equal(decision.client, "2001:db8::7");
	assert_null(decision.cert_cn);
	assert_false(decision.has_sha256);
	assert_int_equal(decision.name_count, 0);
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
		struct decision_line decision;

		snprintf(line, sizeof(line), TAG "deny " USER "client=\"%s\" "
		    NONE AT "mech=- grant=- reason=\"\"", rows[i].written);
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
	{ TAG "deny " USER CLIENT NONE AT "mech=- grant=- reason=\"\"",
	    DECISION_LINE_GOOD },
	{ TAG "deny " USER CLIENT "cert=- fp=- san=- local=remote " AT
	    "mech=- grant=- reason=\"\"", DECISION_LINE_GOOD },

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
	{ TAG "deny user=\"\\x00\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x41\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5C\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\\x5c\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_GOOD },
	{ TAG "deny user=\"\xc3\xa9\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "deny user=\"\x1b\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT "fp=\"ab\" " SAN LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT "fp=\"\" " SAN LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP "san=\"\" " LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP "san=\"DNS:a,\" " LOCAL AT END,
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP "san=\"1,2,3,4,5,6,7,8,9,a,b,c,d,"
	    "e,f,g,h\" " LOCAL AT END, DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN "local=other " AT END,
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
	    "mech=- grant=0 reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=- revision=12 reason=\"\"", DECISION_LINE_GOOD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=- revision=- reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- revision=12 grant=- reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=-1 reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=03 reason=\"\"", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=9999999999999999999 reason=\"\"",
	    DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=3 reason=-", DECISION_LINE_BAD },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT
	    "mech=- grant=3 reason=\"x", DECISION_LINE_BAD },

	{ TAG "allow user=\"aaa...\" vm=- service=- client=- " NONE AT END,
	    DECISION_LINE_CUT },
	{ TAG "allow user=\"aaa...", DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT "...", DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP "san=\"DNS:a...\" " LOCAL AT END,
	    DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT "mech=- grant=...",
	    DECISION_LINE_CUT },
	{ TAG "allow " USER CLIENT CERT FP SAN LOCAL AT "mech=-...",
	    DECISION_LINE_CUT },
};

static void
refuses(void **state)
{
	static const struct decision_line empty;
	struct decision_line decision;
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
	struct decision_line decision;

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		char *room = strndup(line, i);

		assert_int_not_equal(decision_line_parse(room, &decision),
		    DECISION_LINE_GOOD);
		free(room);
	}
}

static void
refuses_long(void **state)
{
	char text[8000], room[8192];
	struct decision_line decision;

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
	const struct log_decision written = { .user = "a\" vm=\"k\n@b",
	    .vm = "\xc3\xa9\\x41", .service = "vnc",
	    .client = "2001:db8::7;4711", .cert_cn = "c,d", .sha256 = sha256,
	    .names = names, .name_count = COUNT(names),
	    .local = REQUEST_LOCAL_ACCOUNT, .local_user = "remote",
	    .at = 1795442709, .mechanism = "M", .grant = 123456789012,
	    .reason = "r", .detail = "\x1b]: d" };
	char line[LOG_LINE_MAX], room[8192] = TAG;
	struct decision_line decision;

	(void)state;
	log_format(line, &written);
	strcat(room, line);
	assert_int_equal(decision_line_parse(room, &decision),
	    DECISION_LINE_GOOD);
	assert_string_equal(decision.user, written.user);
	assert_string_equal(decision.vm, written.vm);
	assert_string_equal(decision.client, "2001:db8::7");
	assert_string_equal(decision.cert_cn, written.cert_cn);
	assert_memory_equal(decision.sha256, sha256, sizeof(sha256));
	assert_int_equal(decision.name_count, 2);
	assert_string_equal(decision.names[0], names[0]);
	assert_string_equal(decision.names[1], names[1]);
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
