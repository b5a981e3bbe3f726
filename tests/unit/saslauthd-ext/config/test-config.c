/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/config/config_file.h"
#include "saslauthd-ext/config/config_value.h"
#include "tests/unit/unit.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define X180 X60 X60 X60
#define PAM "passwords = pam\n"
#define REALM_REMEDY "a realm is letters, digits, '.', '-' and '_'"
#define IDENTIFY_REMEDY \
	"write one or more of libvirt, cgroup, command-line, each once"
#define WINDOW_REMEDY "write a whole number from 0 to 600"
#define ONCE "it is there already: take one out"
#define SECTION_REMEDY "section: write [realm NAME]"
#define CONTROL_REMEDY "the line: take out its control character"
#define COMMENT_REMEDY "the line: put the comment on a line of its own"
#define BLANKS_REMEDY "the line: take out the blanks that it begins with"
#define LONG_REMEDY "the line: too long: 198 octets are the most"
#define PATH_REMEDY "write a path that begins with /"
#define SERVICE_REMEDY "write the name of a file in /etc/pam.d"
/* all of a text, which may hold a NUL */
#define T(text) text, sizeof(text) - 1

static char folder[] = "/tmp/vmauthz-config-XXXXXX";
static char path[PATH_MAX];

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/conf", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
write_file(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* The error, without the path that it has to begin with; "" for none. */
static const char *
refusal(int wanted)
{
	static char error[CONFIG_ERROR_MAX];
	struct config *config = (struct config *)folder;
	int rc;

	memset(error, '?', sizeof(error));
	rc = config_file_load(&config, path, error);
	if (rc == ERROR_NONE) {
		config_free(&config);
		return "(none)";
	}
	assert_null(config);
	assert_int_equal(rc, wanted);
	assert_non_null(memchr(error, '\0', sizeof(error)));
	assert_memory_equal(error, path, strlen(path));
	return error + strlen(path);
}

/* --- what is refused ----------------------------------------------------- */

static const struct {
	const char *text;
	size_t size;
	const char *error;	/* behind the path */
} wrong[] = {
	/* lines */
	{ T("users\n"), ":1: the line: write KEY = VALUE" },
	{ T("users = root\njunk\n"), ":2: the line: write KEY = VALUE" },
	{ T("= root\n"), ":1: : no such key: see vmauthzd.conf(5)" },
	{ T("users = root ;or\n"), ":1: " COMMENT_REMEDY },
	{ T("users = root\t# or\n"), ":1: " COMMENT_REMEDY },
	{ T("users = ;root\n"), ":1: " COMMENT_REMEDY },
	{ T("[realm a] ; x\n" PAM), ":1: " COMMENT_REMEDY },
	{ T("users = root\n daemon\n"), ":2: " BLANKS_REMEDY },
	{ T("users = root\n\tpolicy = /x\n"), ":2: " BLANKS_REMEDY },
	{ T(" users = root\n"), ":1: " BLANKS_REMEDY },
	{ T("[realm a]\n" PAM " [realm b]\n" PAM), ":3: " BLANKS_REMEDY },
	{ T("users = root\0\n"), ":1: the line: a zero octet" },
	{ T("users = root\0junk\nx = y\n"), ":1: the line: a zero octet" },
	{ T("# a\n\0[realm a]\n"), ":2: the line: a zero octet" },
	{ T("users = root\n\0"), ":2: the line: a zero octet" },
	{ T("\xef\xbb\xbfusers = root\n"),
	  ":1: the line: take out the byte order mark" },
	{ T("\xef\xbb\xbf[realm a]\nusers = root\n"),
	  ":1: the line: take out the byte order mark" },
	{ T("users = root\n\f[realm a]\n" PAM), ":2: " CONTROL_REMEDY },
	{ T("[realm a]\n" PAM "\v[realm b]\n" PAM), ":3: " CONTROL_REMEDY },
	{ T("policy = /a\rstate = /b\n"), ":1: " CONTROL_REMEDY },
	{ T("policy = /a\x1b[2J\n"), ":1: " CONTROL_REMEDY },
	{ T("policy = /a\x7f\n"), ":1: " CONTROL_REMEDY },
	{ T("policy = /a\v;b\n"), ":1: " CONTROL_REMEDY },
	{ T("policy = /" X180 "12345678" "9\n"), ":1: " LONG_REMEDY },
	{ T("#" X180 X180 "\n"), ":1: " LONG_REMEDY },
	{ T("#\n#" X180 X180), ":2: " LONG_REMEDY },
	{ T("x = 1\n[zz]\nusers\n"),
	    ":1: x: no such key: see vmauthzd.conf(5)" },
	/* keys */
	{ T("Users = root\n"), ":1: Users: no such key: see vmauthzd.conf(5)" },
	{ T("passwords = pam\n"),
	  ":1: passwords: no such key: see vmauthzd.conf(5)" },
	{ T("users = root\n\nusers = root\n"), ":3: users: " ONCE },
	/* sections */
	{ T("[monitor]\nusers = root\n"), ":1: " SECTION_REMEDY },
	{ T("users = root\n[]\nx = 1\n"), ":2: " SECTION_REMEDY },
	{ T("["), ":1: " SECTION_REMEDY },
	{ T("[realm a\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[realm a] x\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[Realm a]\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[ realm a]\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[realm\ta]\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[realma]\n" PAM), ":1: " SECTION_REMEDY },
	{ T("[realm ]\n" PAM), ":1: realm : " REALM_REMEDY },
	{ T("[realm a b]\n" PAM), ":1: realm a b: " REALM_REMEDY },
	{ T("[realm a]]\n" PAM), ":1: realm a]: " REALM_REMEDY },
	{ T("[realm a@b]\n" PAM), ":1: realm a@b: " REALM_REMEDY },
	{ T("[realm a]\n"),
	  ":1: realm a: a section with nothing in it: take it out" },
	{ T("[realm a]\n# " PAM "[realm b]\n" PAM),
	  ":1: realm a: a section with nothing in it: take it out" },
	{ T("[realm a]\n" PAM "[realm a]\n" PAM), ":3: realm a: this realm "
	  "has a section already: put its lines there" },
	{ T("[realm x.org]\n" PAM "[realm X.ORG]\npasswords = policy\n"),
	  ":3: realm X.ORG: this realm has a section already: put its lines "
	  "there" },
	/* realms */
	{ T("[realm a]\nusers = root\n"),
	  ":2: users: a realm has passwords and pam_name alone" },
	{ T("[realm a]\n" PAM PAM), ":3: passwords: " ONCE },
	{ T("[realm a]\npam_name = user\npam_name = user\n" PAM),
	  ":3: pam_name: " ONCE },
	{ T("[realm a]\npasswords = PAM\n"),
	  ":2: passwords: write pam, policy or nobody" },
	{ T("[realm a]\npasswords =\n"),
	  ":2: passwords: write pam, policy or nobody" },
	{ T("[realm a]\npasswords = pam policy\n"),
	  ":2: passwords: write pam, policy or nobody" },
	{ T("[realm a]\n" PAM "pam_name = realm\n"),
	  ":3: pam_name: write user or user@realm" },
	{ T("[realm a]\npam_name = user\n"),
	  ":1: realm a: it wants a line passwords = pam, policy or nobody" },
	{ T("[realm a]\npam_name = user\n[realm b]\n" PAM),
	  ":1: realm a: it wants a line passwords = pam, policy or nobody" },
	{ T("[realm a]\npasswords = policy\npam_name = user@realm\n"),
	  ":1: realm a: pam_name is for realms with passwords = pam" },
	{ T("[realm a]\npam_name = user\npasswords = nobody\n"),
	  ":1: realm a: pam_name is for realms with passwords = pam" },
	{ T("users = root\n[realm a]\n" PAM "[realm b]\n" PAM
	  "pam_name = user\n"),
	  ": passwords = pam: in one realm alone PAM may get the name "
	  "without it: write pam_name = user@realm in the others" },
	/* numbers */
	{ T("session_window = 601\n"), ":1: session_window: 601: "
	  WINDOW_REMEDY },
	{ T("session_window = -1\n"), ":1: session_window: -1: "
	  WINDOW_REMEDY },
	{ T("session_window = +1\n"), ":1: session_window: +1: "
	  WINDOW_REMEDY },
	{ T("session_window = 30s\n"), ":1: session_window: 30s: "
	  WINDOW_REMEDY },
	{ T("session_window = 3 0\n"), ":1: session_window: 3 0: "
	  WINDOW_REMEDY },
	{ T("session_window = 0x10\n"), ":1: session_window: 0x10: "
	  WINDOW_REMEDY },
	{ T("session_window = 1.5\n"), ":1: session_window: 1.5: "
	  WINDOW_REMEDY },
	{ T("session_window =\n"), ":1: session_window: " WINDOW_REMEDY },
	{ T("session_window = 4294967326\n"), /* 2^32 + 30 */
	  ":1: session_window: 4294967326: " WINDOW_REMEDY },
	{ T("session_window = 18446744073709551646\n"), /* 2^64 + 30 */
	  ":1: session_window: 18446744073709551646: " WINDOW_REMEDY },
	{ T("pam_helpers = 0\n"),
	  ":1: pam_helpers: 0: write a whole number from 1 to 64" },
	{ T("pam_helpers_per_vm = 65\n"),
	  ":1: pam_helpers_per_vm: 65: write a whole number from 1 to 64" },
	{ T("pam_timeout = 121\n"),
	  ":1: pam_timeout: 121: write a whole number from 1 to 120" },
	{ T("guess_limit = 1001\n"),
	  ":1: guess_limit: 1001: write a whole number from 0 to 1000" },
	{ T("guess_forget = 0\n"),
	  ":1: guess_forget: 0: write a whole number from 1 to 86400" },
	{ T("ticket_max = 86401\n"),
	  ":1: ticket_max: 86401: write a whole number from 1 to 86400" },
	{ T("audit_size = 0\n"),
	  ":1: audit_size: 0: write a whole number from 1 to 65536" },
	{ T("audit_age = 3651\n"),
	  ":1: audit_age: 3651: write a whole number from 1 to 3650" },
	{ T("audit_keep = 1001\n"),
	  ":1: audit_keep: 1001: write a whole number from 0 to 1000" },
	/* accounts */
	{ T("users =\n"), ":1: users: name the account that runs QEMU" },
	{ T("users = no-such-account\n"), ":1: users: no-such-account: "
	  "this host has no no-such-account" },
	{ T("users = root no-such-account\n"), ":1: users: root "
	  "no-such-account: this host has no no-such-account" },
	{ T("users = root,daemon\n"), ":1: users: root,daemon: "
	  "this host has no root,daemon" },
	{ T("users = -1\n"), ":1: users: -1: this host has no -1" },
	{ T("users = 4294967295\n"), /* (uid_t)-1 */
	  ":1: users: 4294967295: this host has no 4294967295" },
	{ T("users = 4294967296\n"),
	  ":1: users: 4294967296: this host has no 4294967296" },
	{ T("groups = no-such-group\n"), ":1: groups: no-such-group: "
	  "this host has no no-such-group" },
	{ T("operators = root no-such\n"), ":1: operators: root no-such: "
	  "this host has no no-such" },
	{ T("users = 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
	  "1 1 1 1 1\n"), ":1: users: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
	  "1 1 1 1 1 1 1 1 1 1 1 1 1: too many names" },
	/* texts */
	{ T("policy =\n"), ":1: policy: " PATH_REMEDY },
	{ T("policy = policy.db\n"), ":1: policy: policy.db: " PATH_REMEDY },
	{ T("state = ./x\n"), ":1: state: ./x: " PATH_REMEDY },
	{ T("default_realm =\n"), ":1: default_realm: " REALM_REMEDY },
	{ T("default_realm = a b\n"), ":1: default_realm: a b: "
	  REALM_REMEDY },
	{ T("default_realm = a/b\n"), ":1: default_realm: a/b: "
	  REALM_REMEDY },
	{ T("pam_service =\n"), ":1: pam_service: " SERVICE_REMEDY },
	{ T("pam_service = ../shadow\n"), ":1: pam_service: ../shadow: "
	  SERVICE_REMEDY },
	{ T("pam_service = /etc/x\n"), ":1: pam_service: /etc/x: "
	  SERVICE_REMEDY },
	{ T("pam_service = .x\n"), ":1: pam_service: .x: " SERVICE_REMEDY },
	{ T("pam_service = a b\n"), ":1: pam_service: a b: " SERVICE_REMEDY },
	{ T("pam_service = " X60 "1234\n"), ":1: pam_service: " X60 "1234: "
	  SERVICE_REMEDY },
	{ T("identify =\n"), ":1: identify: " IDENTIFY_REMEDY },
	{ T("identify = libvirt proc\n"), ":1: identify: libvirt proc: "
	  IDENTIFY_REMEDY },
	{ T("identify = cgroup cgroup\n"), ":1: identify: cgroup cgroup: "
	  IDENTIFY_REMEDY },
	{ T("identify = LIBVIRT\n"), ":1: identify: LIBVIRT: "
	  IDENTIFY_REMEDY },
	{ T("audit_full = go-on refuse\n"), ":1: audit_full: go-on refuse: "
	  "write refuse or go-on" },
};

static void
test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		TITLE(wrong[i].error);
		write_file(wrong[i].text, wrong[i].size);
		assert_string_equal(refusal(ERROR_VALUE), wrong[i].error);
	}
}

static void
test_too_many_realms(void **state)
{
	char text[CONFIG_REALMS_MAX * 64 + 256] = "users = root\n";
	char *at = text + strlen(text);
	struct config *config;
	char error[CONFIG_ERROR_MAX];

	(void)state;
	for (int i = 1; i <= CONFIG_REALMS_MAX; i++)
		at += sprintf(at, "[realm r%d]\npasswords = nobody\n", i);
	write_file(text, (size_t)(at - text));
	assert_int_equal(config_file_load(&config, path, error), ERROR_NONE);
	assert_int_equal(config->realm_count, CONFIG_REALMS_MAX);
	assert_non_null(config_realm(config, "r32"));
	config_free(&config);
	at += sprintf(at, "[realm r33]\npasswords = nobody\n");
	write_file(text, (size_t)(at - text));
	assert_string_equal(refusal(ERROR_VALUE),
	    ":66: realm r33: too many realms");
}

/* --- what is taken ------------------------------------------------------- */

static char *
put_ids(char *at, const char *name, const uint32_t *ids, size_t count)
{
	at += sprintf(at, "%s=", name);
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%s%u", i != 0 ? "," : "", ids[i]);
	return at + sprintf(at, " ");
}

/* All of it, each value with a blank before and after it. */
static const char *
describe(const struct config *c)
{
	static char text[65536];
	char *at = text;

	at += sprintf(at, " policy=%s state=%s default_realm=%s "
	    "pam_service=%s ", c->policy, c->state, c->default_realm,
	    c->pam_service);
	at = put_ids(at, "users", c->users, c->user_count);
	at = put_ids(at, "groups", c->groups, c->group_count);
	at = put_ids(at, "operators", c->operators, c->operator_count);
	at += sprintf(at, "identify=%d%d%d session_window=%u pam_helpers=%u "
	    "pam_helpers_per_vm=%u pam_timeout=%u guess_limit=%u "
	    "guess_address_limit=%u guess_forget=%u ticket_max=%u "
	    "audit_size=%u audit_age=%u audit_keep=%u audit_full=%s",
	    c->identify_libvirt, c->identify_cgroup, c->identify_command_line,
	    c->session_window, c->pam_helpers, c->pam_helpers_per_vm,
	    c->pam_timeout, c->guess_limit, c->guess_address_limit,
	    c->guess_forget, c->ticket_max, c->audit_size, c->audit_age,
	    c->audit_keep, c->audit_full == CONFIG_AUDIT_FULL_GO_ON ? "go-on" :
	    "refuse");
	for (size_t i = 0; i < c->realm_count; i++)
		at += sprintf(at, " realm=%s:%s:%s", c->realms[i].name,
		    c->realms[i].source == CONFIG_SOURCE_PAM ? "pam" :
		    c->realms[i].source == CONFIG_SOURCE_POLICY ? "policy" :
		    "nobody",
		    c->realms[i].full_name ? "full" : "bare");
	sprintf(at, " end ");
	return text;
}

#define LAST " audit_full=refuse"	/* what realms are behind */

static const struct {
	const char *text;
	size_t size;
	const char *part;	/* of describe() */
} right[] = {
	{ T("users = root\n"), " users=0 groups= operators=0 identify=110 "
	  "session_window=30 pam_helpers=32 pam_helpers_per_vm=4 "
	  "pam_timeout=10 guess_limit=5 guess_address_limit=20 "
	  "guess_forget=900 ticket_max=3600 audit_size=64 audit_age=90 "
	  "audit_keep=12 audit_full=refuse " },
	{ T("users = root\n"), " policy=" SYSCONFDIR "/vmauthz/policy.db "
	  "state=" LOCALSTATEDIR "/lib/vmauthz " },
	{ T("users = root\n"), " pam_service=spice " },
	{ T("users = root"), " users=0 " },
	{ T("users = root\r\npam_service = qemu\r\n"), " pam_service=qemu " },
	{ T("; a\n# b ; c\n\n \n\t# d\nusers=root\n "), " users=0 " },
	{ T("users = root 7 4294967294\t7\n"), " users=0,7,4294967294,7 " },
	{ T("users = 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
	  "1 1 1 1\n"), " users=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
	  "1,1,1,1,1,1,1,1,1,1 " },
	{ T("users = 5\ngroups = root 12345\noperators =\n"),
	  " users=5 groups=0,12345 operators= " },
	{ T("users = 5\npolicy = /a b;c#d=e:f\nstate = /\n"),
	  " policy=/a b;c#d=e:f state=/ " },
	{ T("users = 5\npolicy = /" X180 "12345678\n"),
	  " policy=/" X180 "12345678 " },
	{ T("users = 5\nsession_window = 0\npam_helpers = 64\n"
	  "guess_limit = 0\naudit_keep = 000\nticket_max = 86400\n"),
	  " session_window=0 pam_helpers=64 pam_helpers_per_vm=4 "
	  "pam_timeout=10 guess_limit=0 guess_address_limit=20 "
	  "guess_forget=900 ticket_max=86400 audit_size=64 audit_age=90 "
	  "audit_keep=0 " },
	{ T("users = 5\nidentify = command-line\n"), " identify=001 " },
	{ T("users = 5\nidentify = command-line libvirt\n"),
	  " identify=101 " },
	{ T("users = 5\naudit_full = go-on\n"), " audit_full=go-on " },
	{ T("users = 5\npam_service = " X60 "-_A\n"),
	  " pam_service=" X60 "-_A " },
	/* without a realm's section the policy knows those of the default */
	{ T("users = 5\ndefault_realm = Example.ORG\n"),
	  LAST " realm=example.org:policy:bare end " },
	{ T("users = 5\ndefault_realm = example.org\n[realm B]\n" PAM),
	  LAST " realm=b:pam:bare end " },
	{ T("users = 5\n[realm a]\n" PAM "[realm b]\n" PAM
	  "pam_name = user@realm\n[realm c]\npasswords = nobody\n"
	  "[realm d]\npasswords = policy\n"), LAST " realm=a:pam:bare "
	  "realm=b:pam:full realm=c:nobody:bare realm=d:policy:bare end " },
	{ T("users = 5\n[realm a]\npam_name = user@realm\n" PAM
	  "[realm b]\npam_name = user@realm\n" PAM),
	  LAST " realm=a:pam:full realm=b:pam:full end " },
	/* inih's section would be the same one twice */
	{ T("users = 5\n[realm " X60 "1]\npasswords = policy\n[realm " X60
	  "2]\n" PAM), LAST " realm=" X60 "1:policy:bare realm=" X60
	  "2:pam:bare end " },
	{ T("users = 5\n[realm a]\t \r\n" PAM), LAST " realm=a:pam:bare end " },
};

static void
test_right(void **state)
{
	char error[CONFIG_ERROR_MAX];
	struct config *config;

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		TITLE(right[i].part);
		write_file(right[i].text, right[i].size);
		if (config_file_load(&config, path, error) != ERROR_NONE)
			fail_msg("%s", error);
		assert_string_equal(error, "");
		if (strstr(describe(config), right[i].part) == NULL)
			fail_msg("%s", describe(config));
		config_free(&config);
		assert_null(config);
	}
}

static void
test_realm(void **state)
{
	static const char text[] = "users = 5\ndefault_realm = c\n"
	    "[realm A]\n" PAM "[realm b]\npasswords = nobody\n";
	char error[CONFIG_ERROR_MAX];
	struct config *config;

	(void)state;
	write_file(T(text));
	assert_int_equal(config_file_load(&config, path, error), ERROR_NONE);
	assert_ptr_equal(config_realm(config, "a"), &config->realms[0]);
	assert_ptr_equal(config_realm(config, "b"), &config->realms[1]);
	assert_null(config_realm(config, "c"));
	assert_null(config_realm(config, ""));
	assert_null(config_realm(config, "aa"));
	config_free(&config);
	config_free(&config);
}

/* A host without an account of QEMU's has to name it. */
static void
test_presets(void **state)
{
	const char *wanted = getpwnam("libvirt-qemu") != NULL ?
	    "libvirt-qemu" : getpwnam("qemu") != NULL ? "qemu" : "";
	char host[256] = "";

	(void)state;
	assert_string_equal(config_value_preset(config_value_users), wanted);
	gethostname(host, sizeof(host) - 1);
	assert_string_equal(config_value_preset(config_value_realm_name), host);
	write_file(T("default_realm = a\n"));
	assert_string_equal(refusal(ERROR_VALUE), wanted[0] != '\0' ?
	    "(none)" : ": users: name the account that runs QEMU");
}

/* --- the file ------------------------------------------------------------ */

static void
test_mode(void **state)
{
	static const mode_t loose[] = { 0620, 0602, 0666, 0777 };

	(void)state;
	write_file(T("users = root\n"));
	for (size_t i = 0; i < COUNT(loose); i++) {
		assert_int_equal(chmod(path, loose[i]), 0);
		assert_string_equal(refusal(ERROR_ACCESS),
		    ": others may write to it: run chmod go-w");
	}
	assert_int_equal(chmod(path, 0644), 0);
	assert_string_equal(refusal(0), "(none)");
}

static void
test_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file(T("users = root\n"));
	assert_int_equal(chown(path, 12345, 0), 0);
	assert_string_equal(refusal(ERROR_ACCESS),
	    ": it belongs to neither root nor you: run chown root");
	assert_int_equal(chown(path, 0, 12345), 0);
	assert_string_equal(refusal(0), "(none)");
}

static void
test_size(void **state)
{
	static char text[65536 + 1] = "users = root\n";

	(void)state;
	for (size_t i = strlen(text); i < sizeof(text); i++)
		text[i] = '\n';
	write_file(text, sizeof(text) - 1);
	assert_string_equal(refusal(0), "(none)");
	write_file(text, sizeof(text));
	assert_string_equal(refusal(ERROR_ACCESS),
	    ": it is longer than 64 KiB");
}

static void
test_type(void **state)
{
	(void)state;
	unlink(path);
	assert_string_equal(refusal(ERROR_ACCESS),
	    ": No such file or directory");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(refusal(ERROR_ACCESS), ": it is no file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);	/* should it wait for who writes */
	assert_string_equal(refusal(ERROR_ACCESS), ": it is no file");
	alarm(0);
	unlink(path);
	assert_int_equal(symlink(path, path), 0);
	assert_string_equal(refusal(ERROR_ACCESS),
	    ": Too many levels of symbolic links");
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_too_many_realms),
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_realm),
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests_name("config", tests, set_up,
	    tear_down);
}
