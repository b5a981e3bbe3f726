/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz access: prints who may open which VM at a given time, and under which
 * conditions.  Each pair of a user and a VM is decided with nothing known but
 * the time and the service; conditions that stay unknown are those that depend
 * on the login.  The same function decides a login: a query of its own could
 * disagree with it. */

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy-admin/listing.h"
#include "policy-admin/rows.h"
#include "tools/cli.h"
#include "tools/explanation.h"
#include "tools/json_out.h"
#include "tools/verbs.h"
#include "tools/words.h"

enum { ACCESS_SERVICES = 2 };

static const char *const services[ACCESS_SERVICES] = { "spice", "vnc" };

/* A user, a VM, and the explanation for either service. */
struct pair {
	struct identity user;
	const char *vm;
	struct explanation of[ACCESS_SERVICES];
};

/* Output: a JSON list, or a table with columns as wide as the names. */
struct table {
	json_object *list;		/* NULL: table */
	int user_width, vm_width;
};

/* Conditions that the time in question decides without a login. */
static bool
access_is_time(int kind)
{
	return kind == CONDITION_NOT_BEFORE || kind == CONDITION_NOT_AFTER ||
	    kind == CONDITION_HOURS;
}

/* Whether the grant is an allow whose conditions a login could meet.  Time and
 * service are known here: unknown ones have a value that makes no sense. */
static bool
access_could_allow(const struct explained_grant *grant)
{
	if (!grant->verdict.good || grant->deny)
		return false;
	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum condition_result state = grant->verdict.condition[i];

		if (state == CONDITION_UNMET || (state == CONDITION_UNKNOWN &&
		    (access_is_time(i) || i == CONDITION_SERVICE)))
			return false;
	}
	return true;
}

/* Whether a condition of the grant depends on the login.  Conditions about time
 * are known unless their value makes no sense, which no login changes. */
static bool
access_is_conditional(const struct explained_grant *grant)
{
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] == CONDITION_UNKNOWN &&
		    !access_is_time(i))
			return true;
	}
	return false;
}

/* Whether some login could be allowed: user, VM and rows are in order, and no
 * deny applies to every login.  Reasons from REASON_USER_UNKNOWN on are about
 * user, VM or rows. */
static bool
access_is_open(const struct explanation *explanation)
{
	enum reason reason = explanation->decision.reason;

	if (explanation->decision.verdict == VERDICT_UNKNOWN ||
	    reason >= REASON_USER_UNKNOWN)
		return false;
	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		if (grant->deny && grant->verdict.applies &&
		    !access_is_conditional(grant))
			return false;
	}
	return true;
}

/* --- rows ---------------------------------------------------------------- */

/* Prints the unknown ones alone: those that are met at this time need no
 * mention.  separator comes before the first; returns the one for the next. */
static const char *
access_print_conditions(const struct explained_grant *grant,
    const char *separator)
{
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] != CONDITION_UNKNOWN)
			continue;
		printf("%s%s ", separator,
		    condition_name((enum condition_kind)i));
		words_print(stdout, grant->value[i]);
		separator = "; ";
	}
	return separator;
}

/* Finds whether the grant at index at is a deny that some logins would meet, in
 * one of the services in mask.  The two services can differ in that. */
static bool
access_find_deny(const struct pair *pair, unsigned int mask, size_t at,
    const struct explained_grant **deny_r)
{
	for (int i = 0; i < ACCESS_SERVICES; i++) {
		const struct explanation *of = &pair->of[i];

		if ((mask & 1u << i) != 0 && at < of->count &&
		    of->grants[at].deny && of->grants[at].verdict.applies) {
			*deny_r = &of->grants[at];
			return true;
		}
	}
	return false;
}

static const char *
access_service_text(unsigned int mask)
{
	return mask == 3 ? "both" : services[mask >> 1];	/* 1 or 2 */
}

/* The padding is printed apart, as words_print() escapes without a width. */
static void
access_print_row(const struct table *table, const struct pair *pair,
    const struct explained_grant *grant, unsigned int mask)
{
	const struct explained_grant *deny;
	const char *separator;

	words_print(stdout, pair->user.text);
	printf("%*s  ", table->user_width - (int)strlen(pair->user.text), "");
	words_print(stdout, pair->vm);
	printf("%*s  %-7s  %5" PRId64 "  ",
	    table->vm_width - (int)strlen(pair->vm), "",
	    access_service_text(mask), grant->id);
	separator = access_print_conditions(grant, "");
	for (size_t i = 0; i < pair->of[0].count; i++) {
		if (!access_find_deny(pair, mask, i, &deny))
			continue;
		printf("%sunless grant %" PRId64 " denies it: ", separator,
		    deny->id);
		separator = access_print_conditions(deny, "");
	}
	puts(separator[0] == '\0' ? "-" : "");
}

/* The same row for programs, with the numbers of the denies: their conditions
 * are those of `vmauthz explain`. */
static void
access_append_row(json_object *list, const struct pair *pair,
    const struct explained_grant *grant, unsigned int mask)
{
	json_object *row = json_map(), *conditions = json_map();
	json_object *allowed = json_list(), *denied_by = json_list();
	const struct explained_grant *deny;

	for (int i = 0; i < ACCESS_SERVICES; i++) {
		if ((mask & 1u << i) != 0)
			json_append(allowed, json_text(services[i]));
	}
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] == CONDITION_UNKNOWN)
			json_put_text(conditions,
			    condition_name((enum condition_kind)i),
			    grant->value[i]);
	}
	for (size_t i = 0; i < pair->of[0].count; i++) {
		if (access_find_deny(pair, mask, i, &deny))
			json_append(denied_by, json_number(deny->id));
	}
	json_put_text(row, "user", pair->user.text);
	json_put_text(row, "vm", pair->vm);
	json_put(row, "services", allowed);
	json_put_number(row, "grant", grant->id);
	json_put(row, "conditions", conditions);
	json_put(row, "denied_by", denied_by);
	json_append(list, row);
}

/* --- evaluating ---------------------------------------------------------- */

/* An allow without a service is for SPICE alone.  Most pairs have no other, so
 * that the evaluation for VNC can be left out. */
static bool
access_names_service(const struct explanation *explanation)
{
	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		if (!grant->deny && grant->value[CONDITION_SERVICE] != NULL)
			return true;
	}
	return false;
}

/* Both explanations list the same grants in the same order, unless the policy
 * was changed between them; then the second counts only where they agree. */
static void
access_report_pair(const struct table *table, const struct pair *pair)
{
	bool open[ACCESS_SERVICES];

	for (int i = 0; i < ACCESS_SERVICES; i++)
		open[i] = access_is_open(&pair->of[i]) &&
		    pair->of[i].count == pair->of[0].count;
	for (size_t i = 0; i < pair->of[0].count; i++) {
		unsigned int mask = 0;

		for (int j = 0; j < ACCESS_SERVICES; j++) {
			if (open[j] && pair->of[j].grants[i].id ==
			    pair->of[0].grants[i].id &&
			    access_could_allow(&pair->of[j].grants[i]))
				mask |= 1u << j;
		}
		if (mask == 0)
			continue;
		if (table->list != NULL)
			access_append_row(table->list, pair,
			    &pair->of[0].grants[i], mask);
		else
			access_print_row(table, pair, &pair->of[0].grants[i],
			    mask);
	}
}

/* Returns false if the policy can't be read, which ends the table. */
static bool
access_evaluate_pair(struct policy *policy, const struct table *table,
    char *const *names, time_t when)
{
	struct pair pair = { .vm = names[1] };
	struct request request = {
		.user = &pair.user,
		.vm = { .name = names[1], .by_name_alone = true },
	};
	bool decided = true;

	if (identity_parse(&pair.user, names[0], strlen(names[0]), NULL) != 0)
		return true;	/* no login has such a user name */
	for (int i = 0; i < ACCESS_SERVICES; i++) {
		if (i != 0 && !access_names_service(&pair.of[0]))
			break;
		request.service = services[i];
		explanation_read(&pair.of[i], policy, &request, when);
		if (pair.of[i].decision.verdict == VERDICT_UNKNOWN)
			decided = false;
	}
	if (decided)
		access_report_pair(table, &pair);
	else
		warnx("%s", policy_detail(policy));
	for (int i = 0; i < ACCESS_SERVICES; i++)
		explanation_clear(&pair.of[i]);
	return decided;
}

/* The widths are those of all pairs, also of those that get no row: the table
 * is printed while it is made. */
static void
access_begin_table(struct table *table, const GPtrArray *pairs, bool json)
{
	table->list = json ? json_list() : NULL;
	table->user_width = rows_width(pairs, 0, "USER");
	table->vm_width = rows_width(pairs, 1, "VM");
	if (!json)
		printf("%-*s  %-*s  SERVICE  GRANT  CONDITIONS\n",
		    table->user_width, "USER", table->vm_width, "VM");
}

/* Prints JSON only when it is complete; the table as far as it went. */
static int
access_report(const GPtrArray *pairs, const char *path, time_t when, bool json)
{
	struct policy *policy = NULL;
	struct table table;
	bool decided = true;

	if (policy_new(&policy, path) != ERROR_NONE)
		err(CLI_FAILED, NULL);
	access_begin_table(&table, pairs, json);
	for (guint i = 0; decided && i < pairs->len; i++)
		decided = access_evaluate_pair(policy, &table,
		    rows_at(pairs, i), when);
	policy_free(&policy);
	if (decided && table.list != NULL)
		json_print(table.list);
	return cli_flush() && decided ? EXIT_SUCCESS : CLI_FAILED;
}

int
verb_access(const char *path, int argc, char **argv)
{
	const char *user = NULL, *realm = NULL, *vm = NULL, *at = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "at", .values = &at },
		{ .name = "json", .flag = &json },
		{ .letter = 'r', .name = "realm", .values = &realm },
		{ .name = "user", .values = &user },
		{ .name = "vm", .values = &vm },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] access [--user USER"
		    " [-r REALM]] [--vm VM] [--at TIME] [--json]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	char detail[ERROR_DETAIL_MAX];
	GPtrArray *pairs;
	struct identity id;
	time_t when;
	int status;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	if (realm != NULL && user == NULL) {
		warnx("-r goes with --user");
		return CLI_USAGE;
	}
	if ((user != NULL && !cli_identity(user, realm, &id)) ||
	    !cli_time("--at", at, &when))
		return CLI_USAGE;
	status = CLI_FAILED;
	pairs = rows_new();
	/* One sentence instead of an empty table for a name that is not
	 * there. */
	if (listing_read(path, user != NULL ? id.text : NULL, vm, pairs,
	    detail) != ERROR_NONE)
		warnx("%s", detail);
	else
		status = access_report(pairs, path, when, json);
	g_ptr_array_unref(pairs);
	return status;
}
