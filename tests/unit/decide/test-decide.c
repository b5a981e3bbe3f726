/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "decide/decide.h"

/* A Monday; local time is an hour ahead. */
static bool
berlin(void *context, const char *zone, time_t when,
    struct moment_week *week_r)
{
	(void)context;
	(void)when;
	*week_r = (struct moment_week){ 0, 13 * 60 };
	return strcmp(zone, "Mars/Olympus") != 0;
}

static const struct moment noon = {
	.when = 1780315200,
	.utc = "2026-06-01 12:00",
	.local = berlin,
};

static struct identity alice;

static int
set_up(void **state)
{
	(void)state;
	return identity_parse(&alice, "alice@example.org", 17, NULL);
}

/* --- the certificate's CN ------------------------------------------------ */

static const struct {
	const char *user;
	const char *pattern;
	const char *cn;
	enum condition_result expected;
} cn_rows[] = {
	{ "alice@x", "alice-laptop", "alice-laptop", CONDITION_MET },
	{ "alice@x", "Alice-LAPTOP", "alice-laptop", CONDITION_MET },
	{ "alice@x", "alice-*", "ALICE-LAPTOP", CONDITION_MET },
	{ "alice@x", "%u-laptop", "alice-laptop", CONDITION_MET },
	{ "Alice@x", "%u-laptop", "alice-laptop", CONDITION_MET },
	{ "alice@x", "%u@%u", "alice@alice", CONDITION_MET },
	{ "alice@x", "100%% %u", "100% alice", CONDITION_MET },
	{ "alice@x", "host[0-9]", "host7", CONDITION_MET },
	{ "alice@x", "*", "anything", CONDITION_MET },
	{ "a?c@x", "%u", "a?c", CONDITION_MET },
	{ "a[b]c@x", "%u", "a[b]c", CONDITION_MET },
	{ "a?c@x", "%u", "abc", CONDITION_UNMET },
	{ "a[b]c@x", "%u", "abc", CONDITION_UNMET },
	{ "alice@x", "alice", "alice2", CONDITION_UNMET },
	{ "alice@x", "alice", "malice", CONDITION_UNMET },
	{ "alice@x", "%u-*", "bob-laptop", CONDITION_UNMET },
	{ "alice@x", "%u", "alice@x", CONDITION_UNMET },
	{ "alice@x", "host[0-9]", "hostx", CONDITION_UNMET },
	{ "alice@x", "host[]x]", "host]", CONDITION_MET },
	{ "alice@x", "host[^]x]", "host]", CONDITION_UNMET },
	{ "alice@x", "a[[]b", "a[b", CONDITION_MET },
	{ "alice@x", "[[]", "[", CONDITION_MET },
	{ "alice@x", "[[]", "a", CONDITION_UNMET },
	{ "alice@x", "[[]%u[[]", "[alice[", CONDITION_MET },
	{ "alice@x", "[[][", "[[", CONDITION_UNKNOWN },
	{ "alice@x", "host[0-9", "host7", CONDITION_UNKNOWN },
	{ "alice@x", "host[", "host[", CONDITION_UNKNOWN },
	{ "alice@x", "host[]", "host]", CONDITION_UNKNOWN },
	{ "alice@x", "", "alice", CONDITION_UNMET },
	{ "alice@x", "%x", "alice", CONDITION_UNKNOWN },
	{ "alice@x", "%", "alice", CONDITION_UNKNOWN },
	{ "alice@x", "alice%", "alice", CONDITION_UNKNOWN },
	{ "alice@x", "*", NULL, CONDITION_UNKNOWN },
	{ "alice@x", "%u", NULL, CONDITION_UNKNOWN },
	/* Turkish dotless i and the Kelvin sign are not ASCII letters */
	{ "alice@x", "al\xc4\xb1" "ce", "alice", CONDITION_UNMET },
	{ "alice@x", "\xe2\x84\xaa", "k", CONDITION_UNMET },
};

static void
matches_cn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cn_rows); i++) {
		struct identity user;

		TITLE(cn_rows[i].pattern);
		assert_int_equal(identity_parse(&user, cn_rows[i].user,
		    strlen(cn_rows[i].user), NULL), 0);
		assert_int_equal(condition_glob(cn_rows[i].pattern, &user,
		    cn_rows[i].cn), cn_rows[i].expected);
	}
}

static void
bounds_expansion(void **state)
{
	char pattern[1024] = "", cn[4096];

	(void)state;
	for (int i = 0; i < 500; i++)
		strcat(pattern, "%u");
	assert_int_equal(condition_glob(pattern, &alice, "alice"),
	    CONDITION_UNKNOWN);
	memset(cn, 'a', sizeof(cn) - 1);
	cn[sizeof(cn) - 1] = '\0';
	assert_int_equal(condition_glob("*", &alice, cn), CONDITION_UNKNOWN);
}

/* --- whole decisions ----------------------------------------------------- */

#define GRANT(number, word) { .id = number, .effect = word }
#define GRANT_CN(number, word, pattern) { .id = number, .effect = word, \
	.condition[CONDITION_CERT_CN] = pattern }
#define USER { .found = true, .enabled = true }
#define VM { .found = 1, .enabled = true, .name = "debianx" }
#define SELF { .name = "debianx", .port = 5901 }
#define UUID "11111111-2222-3333-4444-555555555555"
#define OTHER_UUID "99999999-2222-3333-4444-555555555555"

static const struct {
	const char *title;
	struct decide_user user;
	struct decide_vm vm;
	struct request_vm self;
	const char *cert_cn;
	struct decide_grant grants[4];
	enum verdict outcome;
	enum reason reason;
	int64_t grant;
} rows[] = {
	{ "an allow", USER, VM, SELF, NULL, { GRANT(3, "allow") },
	    VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "the lowest allow is named", USER, VM, SELF, NULL,
	    { GRANT(9, "allow"), GRANT(4, "allow") },
	    VERDICT_ALLOW, REASON_GRANT, 4 },
	{ "allow with its certificate", USER, VM, SELF, "alice-1",
	    { GRANT_CN(3, "allow", "%u-*") }, VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "found by uuid, process without a name", USER,
	    { .found = 1, .enabled = true, .name = "debianx", .uuid = UUID },
	    { .uuid = UUID, .port = 1 }, NULL, { GRANT(3, "allow") },
	    VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "all identity columns agree", USER,
	    { .found = 1, .enabled = true, .name = "debianx", .uuid = UUID,
	    .spice_port = 5901 },
	    { .name = "debianx", .uuid = UUID, .port = 5901 }, NULL,
	    { GRANT(3, "allow") }, VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "who asks can't know the port", USER, { .found = 1,
	    .enabled = true, .name = "debianx", .spice_port = 5901 },
	    { .name = "debianx", .any_port = true }, NULL,
	    { GRANT(3, "allow") }, VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "a deny for another certificate", USER, VM, SELF, "home",
	    { GRANT_CN(1, "deny", "work"), GRANT(3, "allow") },
	    VERDICT_ALLOW, REASON_GRANT, 3 },
	{ "before it expires", { .found = true, .enabled = true,
	    .expires = "2026-06-01 12:01" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_ALLOW, REASON_GRANT, 3 },

	{ "no grant", USER, VM, SELF, NULL, { { 0 } },
	    VERDICT_DENY, REASON_NO_GRANT, 0 },
	{ "deny beats allow", USER, VM, SELF, NULL,
	    { GRANT(1, "allow"), GRANT(7, "deny") },
	    VERDICT_DENY, REASON_DENY_GRANT, 7 },
	{ "deny beats allow in the other order", USER, VM, SELF, NULL,
	    { GRANT(7, "deny"), GRANT(1, "allow") },
	    VERDICT_DENY, REASON_DENY_GRANT, 7 },
	{ "deny with an unknown certificate", USER, VM, SELF, NULL,
	    { GRANT(1, "allow"), GRANT_CN(2, "deny", "work") },
	    VERDICT_DENY, REASON_DENY_GRANT, 2 },
	{ "deny with a pattern that is none", USER, VM, SELF, "home",
	    { GRANT(1, "allow"), GRANT_CN(2, "deny", "%") },
	    VERDICT_DENY, REASON_DENY_GRANT, 2 },
	{ "allow without its certificate", USER, VM, SELF, NULL,
	    { GRANT_CN(3, "allow", "*") }, VERDICT_DENY,
	    REASON_CERT_MISSING, 3 },
	{ "allow with another certificate", USER, VM, SELF, "bob-1",
	    { GRANT_CN(3, "allow", "%u-*") }, VERDICT_DENY,
	    REASON_CERT_MISMATCH, 3 },
	{ "allow with a pattern that is none", USER, VM, SELF, "alice",
	    { GRANT_CN(3, "allow", "%z") }, VERDICT_DENY,
	    REASON_CERT_MISMATCH, 3 },
	{ "an effect that is none", USER, VM, SELF, NULL,
	    { GRANT(1, "allow"), GRANT(2, "permit") },
	    VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "no effect", USER, VM, SELF, NULL,
	    { GRANT(1, "allow"), GRANT(2, NULL) },
	    VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "upper case effect", USER, VM, SELF, NULL, { GRANT(2, "ALLOW") },
	    VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "unknown user", { 0 }, VM, SELF, NULL, { GRANT(3, "allow") },
	    VERDICT_DENY, REASON_USER_UNKNOWN, 0 },
	{ "disabled user", { .found = true }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_USER_DISABLED, 0 },
	{ "the minute it expires", { .found = true, .enabled = true,
	    .expires = "2026-06-01 12:00" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_USER_EXPIRED, 0 },
	{ "long expired", { .found = true, .enabled = true,
	    .expires = "1999-01-01 00:00" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_USER_EXPIRED, 0 },
	{ "an impossible date", { .found = true, .enabled = true,
	    .expires = "2027-02-30 00:00" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "not a date", { .found = true, .enabled = true,
	    .expires = "never" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "a date with something behind", { .found = true, .enabled = true,
	    .expires = "2027-02-20 00:00Z" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "an empty date", { .found = true, .enabled = true,
	    .expires = "" }, VM, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "unknown VM", USER, { 0 }, SELF, NULL, { GRANT(3, "allow") },
	    VERDICT_DENY, REASON_VM_UNKNOWN, 0 },
	{ "several VMs", USER, { .found = 2 }, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_AMBIGUOUS, 0 },
	{ "disabled VM", USER, { .found = 1, .name = "debianx" }, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_DISABLED, 0 },
	{ "a VM without a name", USER, { .found = 1, .enabled = true }, SELF,
	    NULL, { GRANT(3, "allow") }, VERDICT_DENY, REASON_BAD_ROW, 0 },
	{ "another name", USER, VM, { .name = "kali", .port = 5901 }, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "name in another case", USER, VM, { .name = "Debianx" }, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "another uuid", USER, { .found = 1, .enabled = true,
	    .name = "debianx", .uuid = UUID },
	    { .name = "debianx", .uuid = OTHER_UUID }, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "a uuid is wanted, none there", USER, { .found = 1, .enabled = true,
	    .name = "debianx", .uuid = UUID }, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "another port", USER, { .found = 1, .enabled = true,
	    .name = "debianx", .spice_port = 5902 }, SELF, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "a port is wanted, none known", USER, { .found = 1, .enabled = true,
	    .name = "debianx", .spice_port = 5901 }, { .name = "debianx" },
	    NULL, { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "the uuid counts where the port can't", USER, { .found = 1,
	    .enabled = true, .name = "debianx", .uuid = UUID },
	    { .name = "debianx", .uuid = OTHER_UUID, .any_port = true }, NULL,
	    { GRANT(3, "allow") }, VERDICT_DENY, REASON_VM_MISMATCH, 0 },
	{ "mismatch beats disabled and unknown user", { 0 }, VM,
	    { .name = "kali" }, NULL, { GRANT(3, "allow") },
	    VERDICT_DENY, REASON_VM_MISMATCH, 0 },
};

static void
decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct request request = { .user = &alice,
		    .vm = rows[i].self, .service = "spice",
		    .certificate.cn = rows[i].cert_cn };
		struct decision decision;
		struct decide decide;

		TITLE(rows[i].title);
		decide_begin(&decide, &request, &rows[i].user, &rows[i].vm,
		    &noon);
		for (size_t g = 0; rows[i].grants[g].id != 0; g++)
			decide_add(&decide, &rows[i].grants[g],
			    NULL);
		decide_end(&decide, &decision);
		assert_int_equal(decision.verdict, rows[i].outcome);
		assert_int_equal(decision.reason, rows[i].reason);
		assert_int_equal(decision.grant, rows[i].grant);
		assert_string_equal(decision.vm, rows[i].vm.found == 1 &&
		    rows[i].vm.name != NULL ? rows[i].vm.name : "");
	}
}

/* A deny must not be lost because of the number that it has. */
static void
refuses_bad_ids(void **state)
{
	static const int64_t ids[] = { 0, -1, INT64_MIN };
	struct decide_user user = USER;
	struct decide_vm vm = VM;
	struct request request = { .user = &alice, .vm = SELF,
	    .service = "spice" };

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct decide_grant deny = GRANT(ids[i], "deny");
		struct decide_grant allow = GRANT(1, "allow");
		struct decision decision;
		struct decide decide;

		decide_begin(&decide, &request, &user, &vm, &noon);
		decide_add(&decide, &deny, NULL);
		decide_add(&decide, &allow, NULL);
		decide_end(&decide, &decision);
		assert_int_equal(decision.verdict, VERDICT_DENY);
		assert_int_equal(decision.reason, REASON_BAD_ROW);
	}
}

static void
names_every_reason(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++)
		assert_true(strlen(reason_text(
		    (enum reason)i)) > 3);
	assert_string_equal(reason_text(REASON_COUNT),
	    "unknown reason");
	assert_string_equal(reason_text((enum reason)-1),
	    "unknown reason");
}

static void
zero_denies(void **state)
{
	struct decision decision;
	struct decide decide;

	(void)state;
	memset(&decision, 0, sizeof(decision));
	assert_int_equal(decision.verdict, VERDICT_DENY);
	memset(&decide, 0, sizeof(decide));
	decide_end(&decide, &decision);
	assert_int_equal(decision.verdict, VERDICT_DENY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_cn),
		cmocka_unit_test(bounds_expansion),
		cmocka_unit_test(decides),
		cmocka_unit_test(refuses_bad_ids),
		cmocka_unit_test(names_every_reason),
		cmocka_unit_test(zero_denies),
	};

	return cmocka_run_group_tests_name("decide", tests, set_up, NULL);
}
