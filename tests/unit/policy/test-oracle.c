/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision once more, by an implementation that shares nothing with
 * policy/ and knows no shortcuts: plain loops over what it has made up.
 * Random policies go through the real schema into a real file.
 * The view `access` is compared with the decision over the same policies.
 * ORACLE_SEED and ORACLE_POLICIES choose others, and how many. */

#include "tests/unit/unit.h"

#include <ctype.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "policy-admin/create.h"
#include "policy/policy.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { POLICIES = 30 };
#else
enum { POLICIES = 150 };
#endif
enum { REQUESTS = 300, GRANTS = 20, USERS = 4, VMS = 3, GROUPS = 3, POOLS = 2 };
enum { MOMENTS = 3, PAIR_REQUESTS = 4 };	/* of the view */

/* --- what there is ------------------------------------------------------- */

static const char *const user_names[USERS + 1] = { "ann@a.org", "bob@a.org",
    "ann@b.org", "dan@b.org", "zed@a.org" };	/* the last has no row */
static const char *const vm_names[VMS + 1] = { "v1", "v2", "v3", "v9" };
static const char *const whos[] = { "ann@a.org", "bob@a.org", "ann@b.org",
    "dan@b.org", "%g0", "%g1", "%g2", "*@a.org", "*@b.org", "*" };
static const char *const vms[] = { "v1", "v2", "v3", "%p0", "%p1", "*" };
static const char *const services[] = { "spice", "vnc", "both" };
static const char *const cns[] = { "ann-laptop", "bob-laptop", "ANN", "x%y" };
static const char *const cn_globs[] = { "%u-laptop", "ann*", "*", "?nn*",
    "[a-b]*-laptop", "[^a]*", "x%%y", "nobody" };
static const char *const sans[] = { "DNS:ann.a.org", "email:bob@a.org",
    "URI:x://ann" };
static const char *const san_globs[] = { "DNS:*.a.org", "email:%u@a.org",
    "%u@a.org", "*", "uri:x://%u", "ann.a.org" };
static const char *const accounts[] = { "ann", "root", "1001", "0" };
static const char *const times[] = { "2026-03-29 00:59", "2026-03-29 01:00",
    "2026-06-01 12:00", "2026-10-25 01:00", "2026-12-31 23:59" };

static const struct net {
	const char *text;
	int family;
	unsigned int prefix;
	unsigned char address[16];
} nets[] = {
	{ "192.0.2.0/24", 4, 24, { 192, 0, 2 } },
	{ "192.0.2.128/25", 4, 25, { 192, 0, 2, 128 } },
	{ "192.0.2.7", 4, 32, { 192, 0, 2, 7 } },
	{ "0.0.0.0/0", 4, 0, { 0 } },
	{ "2001:db8::/33", 6, 33, { 0x20, 1, 0xd, 0xb8 } },
	{ "::/0", 6, 0, { 0 } },
};

static const struct address {
	const char *text;
	int family;		/* 0: none that is one */
	unsigned char address[16];
} addresses[] = {
	{ "192.0.2.7", 4, { 192, 0, 2, 7 } },
	{ "192.0.2.200", 4, { 192, 0, 2, 200 } },
	{ "198.51.100.1", 4, { 198, 51, 100, 1 } },
	{ "::ffff:192.0.2.7", 4, { 192, 0, 2, 7 } },
	{ "2001:db8::1", 6, { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
	{ "2001:db8:8000::1", 6, { 0x20, 1, 0xd, 0xb8, 0x80, [15] = 1 } },
	{ "fe80::1%eth0", 6, { 0xfe, 0x80, [15] = 1 } },
	{ "somewhere", 0, { 0 } },
};

/* days: bit 0 is Monday */
static const struct hours {
	const char *text, *zone;
	struct { unsigned int days; int begin, end; } ranges[2];
	size_t count;
} hours[] = {
	{ "Mon-Fri 08:00-18:00", "UTC", { { 0x1f, 480, 1080 } }, 1 },
	{ "Europe/Berlin 22:00-06:00", "Europe/Berlin",
	    { { 0x7f, 1320, 360 } }, 1 },
	{ "Europe/Berlin Sun 02:00-03:00", "Europe/Berlin",
	    { { 0x40, 120, 180 } }, 1 },
	{ "America/New_York Sat-Mon 00:00-24:00", "America/New_York",
	    { { 0x61, 0, 1440 } }, 1 },
	{ "UTC Sun 23:30-00:30, Wed 12:00-13:00", "UTC",
	    { { 0x40, 1410, 30 }, { 0x04, 720, 780 } }, 2 },
};

/* --- chance -------------------------------------------------------------- */

static uint64_t state;

static unsigned int
below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)((state >> 11) % n);
}

static bool
once_in(size_t n)
{
	return below(n) == 0;
}

#define ANY(array) ((array)[below(COUNT(array))])

/* --- a policy ------------------------------------------------------------ */

struct grant {
	bool deny;
	const char *who, *vm, *service, *cn, *san, *account, *begin, *end;
	int sha256;			/* every octet of it, -1: not set */
	const struct net *net;
	const struct hours *hours;
};

struct world {
	struct { bool enabled; const char *expires; } users[USERS];
	struct { bool enabled; int port; } vms[VMS];
	bool in_group[GROUPS][USERS];
	bool inside[GROUPS][GROUPS];	/* the second is a member */
	bool in_pool[POOLS][VMS];
	struct grant grants[GRANTS];	/* the id is the index and one */
	size_t count;
};

static void
imagine_grant(struct grant *grant)
{
	memset(grant, 0, sizeof(*grant));
	grant->deny = once_in(4);
	grant->who = ANY(whos);
	grant->vm = ANY(vms);
	grant->service = once_in(2) ? ANY(services) : NULL;
	grant->cn = once_in(7) ? ANY(cn_globs) : NULL;
	grant->san = once_in(7) ? ANY(san_globs) : NULL;
	grant->sha256 = once_in(9) ? (int)below(2) + 0xaa : -1;
	grant->net = once_in(6) ? &ANY(nets) : NULL;
	grant->account = once_in(7) ? ANY(accounts) : NULL;
	grant->begin = once_in(7) ? ANY(times) : NULL;
	grant->end = once_in(7) ? ANY(times) : NULL;
	if (grant->begin != NULL && grant->end != NULL &&
	    strcmp(grant->begin, grant->end) >= 0)
		grant->end = NULL;
	grant->hours = once_in(5) ? &ANY(hours) : NULL;
}

static void
imagine(struct world *world)
{
	const char *one;

	memset(world, 0, sizeof(*world));
	for (int i = 0; i < USERS; i++) {
		world->users[i].enabled = !once_in(8);
		world->users[i].expires = once_in(6) ? ANY(times) : NULL;
	}
	for (int i = 0; i < VMS; i++) {
		world->vms[i].enabled = !once_in(8);
		world->vms[i].port = once_in(4) ? 5901 : 0;
	}
	for (int g = 0; g < GROUPS; g++) {
		for (int u = 0; u < USERS; u++)
			world->in_group[g][u] = once_in(3);
		for (int h = g + 1; h < GROUPS; h++)
			world->inside[g][h] = once_in(3);
	}
	for (int p = 0; p < POOLS; p++) {
		for (int v = 0; v < VMS; v++)
			world->in_pool[p][v] = once_in(2);
	}
	/* as a rule few, or many that are all about one */
	one = once_in(6) ? ANY(whos) : NULL;
	world->count = one != NULL ? GRANTS : 1 + below(GRANTS / 3);
	for (size_t i = 0; i < world->count; i++) {
		imagine_grant(&world->grants[i]);
		if (one != NULL)
			world->grants[i].who = one;
	}
}

/* --- into a file --------------------------------------------------------- */

static char *sql;		/* of the policy at hand, to show */
static size_t sql_size;

static void
write_text(FILE *out, const char *text)
{
	fprintf(out, text != NULL ? ", '%s'" : ", NULL", text);
}

/* Every octet with a colon behind it but the last; NULL: not set. */
static const char *
sha256_text(const struct grant *grant)
{
	static char text[3 * REQUEST_SHA256_SIZE + 1];

	for (size_t i = 0; i < REQUEST_SHA256_SIZE; i++)
		snprintf(text + 3 * i, 4, "%02X:", (unsigned int)grant->sha256);
	text[3 * REQUEST_SHA256_SIZE - 1] = '\0';
	return grant->sha256 < 0 ? NULL : text;
}

static void
write_grant(FILE *out, const struct grant *grant)
{
	fprintf(out, "INSERT INTO grants(effect, who, vm, service, cert_cn,"
	    " cert_san, client_net, local_user, not_before, not_after, hours,"
	    " cert_sha256) VALUES('%s'", grant->deny ? "deny" : "allow");
	write_text(out, grant->who);
	write_text(out, grant->vm);
	write_text(out, grant->service);
	write_text(out, grant->cn);
	write_text(out, grant->san);
	write_text(out, grant->net != NULL ? grant->net->text : NULL);
	write_text(out, grant->account);
	write_text(out, grant->begin);
	write_text(out, grant->end);
	write_text(out, grant->hours != NULL ? grant->hours->text : NULL);
	write_text(out, sha256_text(grant));
	fputs(");\n", out);
}

static void
write_members(FILE *out, const struct world *world)
{
	for (int g = 0; g < GROUPS; g++) {
		for (int u = 0; u < USERS; u++) {
			if (world->in_group[g][u])
				fprintf(out, "INSERT INTO group_members"
				    " VALUES('g%d', '%s');\n", g,
				    user_names[u]);
		}
		for (int h = 0; h < GROUPS; h++) {
			if (world->inside[g][h])
				fprintf(out, "INSERT INTO group_members"
				    " VALUES('g%d', '%%g%d');\n", g, h);
		}
	}
	for (int p = 0; p < POOLS; p++) {
		for (int v = 0; v < VMS; v++) {
			if (world->in_pool[p][v])
				fprintf(out, "INSERT INTO pool_members"
				    " VALUES('p%d', '%s');\n", p,
				    vm_names[v]);
		}
	}
}

/* Making a policy takes a while, copying one does not. */
static void
copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char buffer[65536];
	size_t size;

	assert_true(in != NULL && out != NULL);
	while ((size = fread(buffer, 1, sizeof(buffer), in)) != 0)
		assert_int_equal(fwrite(buffer, 1, size, out), size);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static void
write_world(const char *path, const char *empty, const struct world *world)
{
	char *error = NULL;
	sqlite3 *handle;
	FILE *out;

	free(sql);
	out = open_memstream(&sql, &sql_size);
	assert_non_null(out);
	fputs("BEGIN;\n", out);
	for (int i = 0; i < USERS; i++) {
		fprintf(out, "INSERT INTO users(name, enabled, expires)"
		    " VALUES('%s', %d", user_names[i],
		    world->users[i].enabled);
		write_text(out, world->users[i].expires);
		fputs(");\n", out);
	}
	for (int i = 0; i < VMS; i++)
		fprintf(out, "INSERT INTO vms(name, enabled, spice_port)"
		    " VALUES('%s', %d, nullif(%d, 0));\n", vm_names[i],
		    world->vms[i].enabled, world->vms[i].port);
	fputs("INSERT INTO groups(name) VALUES('g0'), ('g1'), ('g2');\n"
	    "INSERT INTO pools(name) VALUES('p0'), ('p1');\n", out);
	write_members(out, world);
	for (size_t i = 0; i < world->count; i++)
		write_grant(out, &world->grants[i]);
	fputs("COMMIT;\n", out);
	fclose(out);
	copy_file(empty, path);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	sqlite3_exec(handle, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (sqlite3_exec(handle, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s\n%s", error, sql);
	sqlite3_close(handle);
}

/* --- a request ----------------------------------------------------------- */

struct question {
	int user, vm;			/* of user_names, vm_names */
	int port;
	const char *service;
	bool certificate;
	const char *cn, *names[3];
	size_t name_count;
	unsigned char sha256[REQUEST_SHA256_SIZE];
	const struct address *client;	/* or NULL */
	enum request_local local;
	const char *account, *number;
	time_t now;
};

static time_t
utc(const char *text)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	strptime(text, "%Y-%m-%d %H:%M", &tm);
	return timegm(&tm);
}

static void
ask_anything(struct question *question)
{
	memset(question, 0, sizeof(*question));
	question->user = (int)below(COUNT(user_names));
	question->vm = (int)below(COUNT(vm_names));
	question->port = once_in(3) ? 5902 : 5901;
	question->service = once_in(3) ? "vnc" : "spice";
	question->certificate = !once_in(3);
	if (question->certificate) {
		question->cn = once_in(5) ? NULL : ANY(cns);
		question->name_count = below(3);
		for (size_t i = 0; i < question->name_count; i++)
			question->names[i] = ANY(sans);
		memset(question->sha256, (int)below(2) + 0xaa,
		    sizeof(question->sha256));
	}
	question->client = once_in(6) ? NULL : &ANY(addresses);
	question->local = (enum request_local)below(3);
	if (question->local == REQUEST_LOCAL_ACCOUNT) {
		bool root = once_in(2);

		question->account = root ? "root" : "ann";
		question->number = root ? "0" : "1001";
	}
	question->now = utc(ANY(times));
	if (!once_in(3))
		question->now += (time_t)below(7200) - 3600;
	if (once_in(3))
		question->now += (time_t)below(86400 * 14);
}

static struct decision
really(struct policy *policy, const struct question *question)
{
	const char *user = user_names[question->user];
	struct decision decision;
	struct identity identity;
	struct request request = {
		.user = &identity,
		.vm = { .name = vm_names[question->vm],
		    .port = (uint16_t)question->port },
		.service = question->service,
		.client = question->client != NULL ? question->client->text :
		    NULL,
		.local = question->local,
		.local_user = question->account,
		.local_number = question->number,
		.local_asked = true,
	};

	if (question->certificate)
		request.certificate = (struct request_certificate){
		    question->cn, question->names, question->name_count,
		    question->sha256 };
	assert_int_equal(identity_parse(&identity, user, strlen(user), NULL),
	    0);
	policy_decide(policy, &request, question->now, &decision);
	return decision;
}

/* --- the oracle ---------------------------------------------------------- */

enum truth { NO, YES, DUNNO };

static bool
in_set(const char **at, char c)
{
	bool inverse = **at == '^', found = false, first = true;

	*at += inverse;
	for (; first || **at != ']'; (*at)++, first = false) {
		if ((*at)[1] == '-' && (*at)[2] != ']') {
			found = found || (c >= (*at)[0] && c <= (*at)[2]);
			*at += 2;
		} else {
			found = found || **at == c;
		}
	}
	(*at)++;
	return found != inverse;
}

/* user: what is left of the name that a %u has begun to stand for, or NULL */
static bool
matches(const char *glob, const char *user, const char *name,
    const char *text)
{
	char c = (char)tolower((unsigned char)*text);

	if (user != NULL && *user != '\0' && *user != '@')
		return c == tolower((unsigned char)*user) &&
		    matches(glob, user + 1, name, text + 1);
	if (glob[0] == '\0')
		return c == '\0';
	if (glob[0] == '%' && glob[1] == 'u')
		return matches(glob + 2, name, name, text);
	if (glob[0] == '%')
		return c == '%' && matches(glob + 2, NULL, name, text + 1);
	if (glob[0] == '*')
		return matches(glob + 1, NULL, name, text) ||
		    (c != '\0' && matches(glob, NULL, name, text + 1));
	if (c == '\0')
		return false;
	if (glob[0] == '?')
		return matches(glob + 1, NULL, name, text + 1);
	if (glob[0] == '[') {
		glob++;
		return in_set(&glob, c) && matches(glob, NULL, name, text + 1);
	}
	return tolower((unsigned char)glob[0]) == c &&
	    matches(glob + 1, NULL, name, text + 1);
}

static enum truth
holds_cn(const struct grant *grant, const struct question *question)
{
	if (question->cn == NULL)
		return DUNNO;
	return matches(grant->cn, NULL, user_names[question->user],
	    question->cn) ? YES : NO;
}

static enum truth
holds_san(const struct grant *grant, const struct question *question)
{
	bool typed = strncmp(grant->san, "DNS:", 4) == 0 ||
	    strncmp(grant->san, "email:", 6) == 0 ||
	    strncmp(grant->san, "uri:", 4) == 0;
	bool found = false;

	for (size_t i = 0; i < question->name_count; i++)
		found = found || matches(grant->san, NULL,
		    user_names[question->user], typed ? question->names[i] :
		    strchr(question->names[i], ':') + 1);
	return question->name_count == 0 ? DUNNO : found ? YES : NO;
}

static enum truth
holds_net(const struct grant *grant, const struct question *question)
{
	const struct address *client = question->client;

	if (client == NULL || client->family == 0)
		return DUNNO;
	if (client->family != grant->net->family)
		return NO;
	for (unsigned int bit = 0; bit < grant->net->prefix; bit++) {
		unsigned int mask = 0x80u >> bit % 8;

		if ((client->address[bit / 8] & mask) !=
		    (grant->net->address[bit / 8] & mask))
			return NO;
	}
	return YES;
}

static enum truth
holds_account(const struct grant *grant, const struct question *question)
{
	if (question->local == REQUEST_LOCAL_UNKNOWN)
		return DUNNO;
	if (question->local == REQUEST_LOCAL_REMOTE)
		return NO;
	return strcmp(grant->account, question->account) == 0 ||
	    strcmp(grant->account, question->number) == 0 ? YES : NO;
}

/* How far into a range that began on any day of the week it is now. */
static enum truth
holds_hours(const struct hours *h, time_t now)
{
	int today, minute;
	struct tm tm;

	setenv("TZ", h->zone, 1);
	tzset();
	localtime_r(&now, &tm);
	setenv("TZ", "UTC", 1);
	tzset();
	today = (tm.tm_wday + 6) % 7;
	minute = tm.tm_hour * 60 + tm.tm_min;
	for (size_t r = 0; r < h->count; r++) {
		int begin = h->ranges[r].begin, end = h->ranges[r].end;
		int length = end > begin ? end - begin : 1440 - begin + end;

		for (int day = 0; day < 7; day++) {
			int since = today * 1440 + minute -
			    (day * 1440 + begin);

			if ((h->ranges[r].days & 1u << day) != 0 &&
			    (since + 10080) % 10080 < length)
				return YES;
		}
	}
	return NO;
}

/* The first condition, in the order of the columns, that is not simply so. */
static enum truth
holds(const struct grant *grant, const struct question *question,
    enum reason *why)
{
	const char *service = grant->service != NULL ? grant->service :
	    grant->deny ? "both" : "spice";
	enum reason cert = question->certificate ? REASON_CERT_MISMATCH :
	    REASON_CERT_MISSING;
	time_t now = question->now / 60 * 60;
	const struct { enum truth truth; enum reason why; } all[] = {
		{ strcmp(service, "both") == 0 ||
		    strcmp(service, question->service) == 0 ? YES : NO,
		    REASON_SERVICE },
		{ grant->cn == NULL ? YES : holds_cn(grant, question), cert },
		{ grant->san == NULL ? YES : holds_san(grant, question), cert },
		{ grant->sha256 < 0 ? YES : !question->certificate ? DUNNO :
		    question->sha256[0] == grant->sha256 ? YES : NO, cert },
		{ grant->net == NULL ? YES : holds_net(grant, question),
		    REASON_CLIENT_NET },
		{ grant->account == NULL ? YES : holds_account(grant, question),
		    REASON_LOCAL_USER },
		{ grant->begin == NULL || now >= utc(grant->begin) ? YES : NO,
		    REASON_TOO_EARLY },
		{ grant->end == NULL || now < utc(grant->end) ? YES : NO,
		    REASON_TOO_LATE },
		{ grant->hours == NULL ? YES :
		    holds_hours(grant->hours, question->now), REASON_HOURS },
	};
	enum truth result = YES;

	for (size_t i = 0; i < COUNT(all); i++) {
		if (all[i].truth != YES && result == YES)
			*why = all[i].why;
		if (all[i].truth == NO || result == YES)
			result = result == NO ? NO : all[i].truth;
	}
	return result;
}

static bool
is_in_group(const struct world *world, int group, int user)
{
	if (world->in_group[group][user])
		return true;
	for (int inner = 0; inner < GROUPS; inner++) {
		if (world->inside[group][inner] &&
		    is_in_group(world, inner, user))
			return true;
	}
	return false;
}

static bool
is_about(const struct world *world, const struct grant *grant, int user,
    int vm)
{
	const char *who = grant->who, *name = user_names[user];
	bool user_meets, vm_meets;

	if (who[0] == '%')
		user_meets = is_in_group(world, who[2] - '0', user);
	else if (who[0] == '*')
		user_meets = who[1] == '\0' ||
		    strcmp(who + 1, strchr(name, '@')) == 0;
	else
		user_meets = strcmp(who, name) == 0;
	if (grant->vm[0] == '%')
		vm_meets = world->in_pool[grant->vm[2] - '0'][vm];
	else
		vm_meets = grant->vm[0] == '*' ||
		    strcmp(grant->vm, vm_names[vm]) == 0;
	return user_meets && vm_meets;
}

struct answer {
	bool allowed;
	enum reason reason;
	int64_t grant;
};

static enum reason
subject(const struct world *world, const struct question *question)
{
	int by_port = 0;

	for (int i = 0; i < VMS && strcmp(question->service, "spice") == 0; i++)
		by_port += world->vms[i].port == question->port;
	if (question->vm == VMS)	/* its name speaks against any other */
		return by_port == 0 ? REASON_VM_UNKNOWN : by_port == 1 ?
		    REASON_VM_MISMATCH : REASON_VM_AMBIGUOUS;
	if (world->vms[question->vm].port != 0 &&
	    strcmp(question->service, "vnc") != 0 &&
	    world->vms[question->vm].port != question->port)
		return REASON_VM_MISMATCH;
	if (!world->vms[question->vm].enabled)
		return REASON_VM_DISABLED;
	if (question->user == USERS)
		return REASON_USER_UNKNOWN;
	if (!world->users[question->user].enabled)
		return REASON_USER_DISABLED;
	if (world->users[question->user].expires != NULL &&
	    question->now >= utc(world->users[question->user].expires))
		return REASON_USER_EXPIRED;
	return REASON_GRANT;
}

static struct answer
oracle(const struct world *world, const struct question *question)
{
	struct answer no = { false, REASON_NO_GRANT, 0 }, yes = no;

	no.reason = subject(world, question);
	if (no.reason != REASON_GRANT)
		return no;
	no.reason = REASON_NO_GRANT;
	for (size_t i = 0; i < world->count; i++) {
		const struct grant *grant = &world->grants[i];
		enum reason why = REASON_NO_GRANT;
		enum truth truth;

		if (!is_about(world, grant, question->user, question->vm))
			continue;
		truth = holds(grant, question, &why);
		if (grant->deny && truth != NO)
			return (struct answer){ false, REASON_DENY_GRANT,
			    (int64_t)i + 1 };
		if (!grant->deny && truth == YES && !yes.allowed)
			yes = (struct answer){ true, REASON_GRANT,
			    (int64_t)i + 1 };
		if (!grant->deny && truth != YES && no.grant == 0)
			no = (struct answer){ false, why, (int64_t)i + 1 };
	}
	return yes.allowed ? yes : no;
}

/* --- both ---------------------------------------------------------------- */

static void
compare(const struct world *world, struct policy *policy, uint64_t *allowed)
{
	for (int i = 0; i < REQUESTS; i++) {
		struct decision decision;
		struct question question;
		struct answer answer;

		ask_anything(&question);
		answer = oracle(world, &question);
		decision = really(policy, &question);
		*allowed += answer.allowed;
		if (decision.verdict == (answer.allowed ? VERDICT_ALLOW :
		    VERDICT_DENY) && decision.reason == answer.reason &&
		    decision.grant == answer.grant)
			continue;
		fprintf(stderr, "%s\n%s at %s (port %d), %s, now %lld, CN %s,"
		    " client %s, local %d: the oracle says \"%s\" (grant"
		    " %lld), the policy \"%s\" (grant %lld) %s\n", sql,
		    user_names[question.user], vm_names[question.vm],
		    question.port, question.service, (long long)question.now,
		    question.cn != NULL ? question.cn : "-",
		    question.client != NULL ? question.client->text : "-",
		    (int)question.local, reason_text(answer.reason),
		    (long long)answer.grant,
		    reason_text(decision.reason),
		    (long long)decision.grant, policy_detail(policy));
		fail();
	}
}

/* --- the view `access` --------------------------------------------------- */

/* What vmauthz-policy(5) says about the view, as four relations between its
 * rows at a moment and the decision:
 *
 * 1. A user, a VM and an allow have a row if and only if the decision would
 *    let the user in, to one service or the other, by a policy of that allow,
 *    all its conditions met but for service and not_after, and the denies
 *    without conditions.
 * 2. A row has its grant's service and conditions.
 * 3. A row's denied_by names the denies that have not ended and are about the
 *    user, the VM and a service of the row.
 * 4. A request to a VM at its port is allowed if and only if it meets all
 *    conditions of a row of its user and VM, and those of no grant that
 *    denied_by names.
 *
 * So who has no row for a VM is denied whatever they bring along, and who has
 * one without conditions and denied_by is let in. */

struct listed {
	bool there;
	bool denied_by[GRANTS];
};
typedef struct listed access_view[USERS][VMS][GRANTS];

static time_t view_now;		/* what SQLite takes for 'now' in the view */

static int
view_clock(sqlite3_vfs *vfs, sqlite3_int64 *milliseconds_r)
{
	const sqlite3_int64 julian_1970 = 210866760000000;

	(void)vfs;
	*milliseconds_r = julian_1970 + (sqlite3_int64)view_now * 1000;
	return SQLITE_OK;
}

static sqlite3 *
open_view(const char *path)
{
	static sqlite3_vfs vfs;
	sqlite3 *handle;

	if (vfs.zName == NULL) {
		vfs = *sqlite3_vfs_find(NULL);
		vfs.zName = "oracle";
		vfs.xCurrentTimeInt64 = view_clock;
		assert_true(vfs.iVersion >= 2);
		assert_int_equal(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
	}
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY,
	    vfs.zName), SQLITE_OK);
	return handle;
}

static void
drifted(int user, int vm, size_t grant, const char *how)
{
	fprintf(stderr,
	    "%s\nthe view access at %lld, %s at %s, grant %zu: %s\n",
	    sql, (long long)view_now, user_names[user], vm_names[vm],
	    grant + 1, how);
	fail();
}

static int
index_of(const char *const *names, int count, const unsigned char *name)
{
	int i = 0;

	while (i < count && strcmp(names[i], (const char *)name) != 0)
		i++;
	assert_true(i < count);
	return i;
}

static bool
column_is(sqlite3_stmt *row, int column, const char *wanted)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	return text == NULL || wanted == NULL ? text == NULL && wanted == NULL :
	    strcmp((const char *)text, wanted) == 0;
}

/* The second relation. */
static bool
has_conditions(sqlite3_stmt *row, const struct grant *grant)
{
	const char *const wanted[] = {
		grant->service != NULL ? grant->service : "spice",
		grant->cn, grant->san, sha256_text(grant),
		grant->net != NULL ? grant->net->text : NULL, grant->account,
		grant->begin, grant->end,
		grant->hours != NULL ? grant->hours->text : NULL,
	};
	bool same = true;

	for (int i = 0; i < (int)COUNT(wanted); i++)
		same = same && column_is(row, 4 + i, wanted[i]);
	return same;
}

static void
read_row(sqlite3_stmt *row, const struct world *world, access_view view)
{
	int user = index_of(user_names, USERS, sqlite3_column_text(row, 0));
	int vm = index_of(vm_names, VMS, sqlite3_column_text(row, 1));
	size_t grant = (size_t)sqlite3_column_int64(row, 2) - 1;
	const char *at = (const char *)sqlite3_column_text(row, 3);
	struct listed *listed = &view[user][vm][grant];

	assert_true(grant < world->count);
	if (listed->there)
		drifted(user, vm, grant, "it has two rows");
	if (!has_conditions(row, &world->grants[grant]))
		drifted(user, vm, grant, "its conditions are not the grant's");
	listed->there = true;
	while (at != NULL && *at != '\0') {
		char *end;
		size_t deny = strtoul(at, &end, 10) - 1;

		assert_true(end != at && deny < world->count);
		if (!world->grants[deny].deny)
			drifted(user, vm, grant, "denied_by names an allow");
		listed->denied_by[deny] = true;
		at = end + strspn(end, ", ");
	}
}

static void
read_view(sqlite3 *handle, const struct world *world, access_view view)
{
	static const char select[] =
	    "SELECT user, vm, grant_id, denied_by, service, cert_cn, cert_san,"
	    " cert_sha256, client_net, local_user, not_before, not_after, hours"
	    " FROM access";
	sqlite3_stmt *rows;
	int rc;

	memset(view, 0, sizeof(access_view));
	assert_int_equal(sqlite3_prepare_v2(handle, select, -1, &rows, NULL),
	    SQLITE_OK);
	while ((rc = sqlite3_step(rows)) == SQLITE_ROW)
		read_row(rows, world, view);
	assert_int_equal(rc, SQLITE_DONE);
	sqlite3_finalize(rows);
}

static bool
is_unconditional(const struct grant *grant)
{
	return grant->cn == NULL && grant->san == NULL && grant->sha256 < 0 &&
	    grant->net == NULL && grant->account == NULL &&
	    grant->begin == NULL && grant->end == NULL && grant->hours == NULL;
}

static void
add_bare(struct decide *decide, const struct grant *grant, size_t index)
{
	const struct decide_grant bare = {
		.id = (int64_t)index + 1,
		.effect = grant->deny ? "deny" : "allow",
		.condition = {
			[CONDITION_SERVICE] = grant->service,
			[CONDITION_NOT_AFTER] = grant->end,
		},
	};

	decide_add(decide, &bare, NULL);
}

/* The decision by the policy of those grants that count, their conditions met
 * but for service and not_after. */
static struct decision
decide_bare(const struct world *world, int user, int vm, const char *service,
    const bool counts[GRANTS])
{
	const struct decide_user user_row = {
		true, world->users[user].enabled, world->users[user].expires };
	const struct decide_vm vm_row = {
		.found = 1, .enabled = world->vms[vm].enabled,
		.name = vm_names[vm] };
	struct identity identity;
	const struct request request = { .user = &identity,
		.vm = { .name = vm_names[vm] }, .service = service };
	struct moment time = { .local = NULL };
	struct decision decision;
	struct decide decide;

	assert_int_equal(identity_parse(&identity, user_names[user],
	    strlen(user_names[user]), NULL), 0);
	moment_set(&time, view_now);
	decide_begin(&decide, &request, &user_row, &vm_row, &time);
	for (size_t i = 0; i < world->count; i++) {
		if (counts[i] && is_about(world, &world->grants[i], user, vm))
			add_bare(&decide, &world->grants[i], i);
	}
	decide_end(&decide, &decision);
	return decision;
}

static bool
should_have_row(const struct world *world, int user, int vm, size_t grant)
{
	bool counts[GRANTS] = { false };

	for (size_t i = 0; i < world->count; i++)
		counts[i] = i == grant || (world->grants[i].deny &&
		    is_unconditional(&world->grants[i]));
	return !world->grants[grant].deny &&
	    (decide_bare(world, user, vm, "spice", counts).verdict ==
	    VERDICT_ALLOW || decide_bare(world, user, vm, "vnc",
	    counts).verdict == VERDICT_ALLOW);
}

static bool
should_be_denied_by(const struct world *world, int user, int vm, size_t grant,
    size_t deny)
{
	const char *service = world->grants[grant].service;
	bool counts[GRANTS] = { false };
	bool denied = false;

	counts[deny] = world->grants[deny].deny;
	for (int vnc = 0; vnc <= 1; vnc++) {
		const char *name = vnc ? "vnc" : "spice";

		if (strcmp(service != NULL ? service : "spice", name) == 0 ||
		    (service != NULL && strcmp(service, "both") == 0))
			denied = denied || decide_bare(world, user, vm, name,
			    counts).reason == REASON_DENY_GRANT;
	}
	return denied;
}

/* The first relation, and the third. */
static void
compare_rows(const struct world *world, access_view view, int user, int vm)
{
	for (size_t i = 0; i < world->count; i++) {
		const struct listed *row = &view[user][vm][i];

		if (row->there != should_have_row(world, user, vm, i))
			drifted(user, vm, i, row->there ?
			    "it has a row and allows nothing" :
			    "it has no row");
		for (size_t j = 0; row->there && j < world->count; j++) {
			if (row->denied_by[j] !=
			    should_be_denied_by(world, user, vm, i, j))
				drifted(user, vm, i, row->denied_by[j] ?
				    "denied_by names one too many" :
				    "denied_by does not name all");
		}
	}
}

static bool
view_allows(const struct world *world, const struct listed rows[GRANTS],
    const struct question *question)
{
	for (size_t i = 0; i < world->count; i++) {
		enum reason why;
		bool met = rows[i].there &&
		    holds(&world->grants[i], question, &why) == YES;

		for (size_t j = 0; met && j < world->count; j++)
			met = !rows[i].denied_by[j] ||
			    holds(&world->grants[j], question, &why) == NO;
		if (met)
			return true;
	}
	return false;
}

/* The fourth relation. */
static void
compare_requests(const struct world *world, struct policy *policy,
    access_view view, int user, int vm, uint64_t *allowed)
{
	for (int i = 0; i < PAIR_REQUESTS; i++) {
		struct question question;
		bool wanted;

		ask_anything(&question);
		question.user = user;
		question.vm = vm;
		question.now = view_now;
		if (world->vms[vm].port != 0)
			question.port = world->vms[vm].port;
		wanted = view_allows(world, view[user][vm], &question);
		*allowed += wanted;
		if ((really(policy, &question).verdict == VERDICT_ALLOW) !=
		    wanted)
			drifted(user, vm, 0, wanted ?
			    "a request meets a row and is denied" :
			    "a request meets no row and is allowed");
	}
}

static void
compare_view(const struct world *world, struct policy *policy,
    const char *path, uint64_t *allowed)
{
	sqlite3 *handle = open_view(path);
	static access_view view;

	for (int i = 0; i < MOMENTS; i++) {
		struct question moment;

		ask_anything(&moment);
		view_now = moment.now;
		read_view(handle, world, view);
		for (int user = 0; user < USERS; user++) {
			for (int vm = 0; vm < VMS; vm++) {
				compare_rows(world, view, user, vm);
				compare_requests(world, policy, view, user,
				    vm, allowed);
			}
		}
	}
	sqlite3_close(handle);
}

static unsigned long
setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 10) : otherwise;
}

static void
agrees_with_the_policy(void **unused)
{
	unsigned long seed = setting("ORACLE_SEED", 20261123);
	unsigned long policies = setting("ORACLE_POLICIES", POLICIES);
	char folder[] = "/tmp/vmauthz-oracle-XXXXXX", path[64], empty[64];
	uint64_t allowed = 0, listed = 0;

	(void)unused;
	fprintf(stderr, "# ORACLE_SEED=%lu\n", seed);
	setenv("TZ", "UTC", 1);
	tzset();
	state = seed * 2654435769u + 1;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/policy.db", folder);
	snprintf(empty, sizeof(empty), "%s/empty.db", folder);
	assert_int_equal(create_policy(empty), ERROR_NONE);
	for (unsigned long i = 0; i < policies; i++) {
		struct policy *policy;
		struct world world;

		imagine(&world);
		write_world(path, empty, &world);
		assert_int_equal(policy_new(&policy, path), ERROR_NONE);
		compare(&world, policy, &allowed);
		compare_view(&world, policy, path, &listed);
		policy_free(&policy);
	}
	unlink(path);
	unlink(empty);
	rmdir(folder);
	free(sql);
	sql = NULL;
	fprintf(stderr, "# %lu policies, %lu requests, %llu allowed, %llu more"
	    " by the view\n", policies, policies * REQUESTS,
	    (unsigned long long)allowed, (unsigned long long)listed);
	/* or it would have compared nothing but refusals */
	assert_true(allowed > policies * REQUESTS / 200);
	assert_true(listed > policies * MOMENTS * USERS * VMS *
	    PAIR_REQUESTS / 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_policy),
	};

	return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
