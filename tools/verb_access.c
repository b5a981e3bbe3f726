/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz access: who may open what at a time, and what it takes.  The policy
 * is asked about each user and VM with nothing known but the time and the
 * service, so that what stays unknown are the conditions of the login. */

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy-admin/listing.h"
#include "tools/cli.h"
#include "tools/explanation.h"
#include "tools/json_out.h"
#include "tools/verbs.h"
#include "tools/words.h"

enum { SERVICES = 2 };

static const char *const services[SERVICES] = { "spice", "vnc" };

/* One user, one VM, and what each grant comes to for either service. */
struct pair {
	struct identity user;
	const char *vm;
	struct explanation of[SERVICES];
};

/* Where the rows go. */
struct table {
	json_object *list;		/* NULL: to standard output */
	int user_width, vm_width;
};

static bool
is_about_time(int kind)
{
	return kind == CONDITION_NOT_BEFORE || kind == CONDITION_NOT_AFTER ||
	    kind == CONDITION_HOURS;
}

/* Whether nothing speaks against an allow but what a login would tell. */
static bool
could_allow(const struct explained_grant *grant)
{
	if (!grant->verdict.good || grant->deny)
		return false;
	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum condition_result state = grant->verdict.condition[i];

		if (state == CONDITION_UNMET || (state == CONDITION_UNKNOWN &&
		    (is_about_time(i) || i == CONDITION_SERVICE)))
			return false;
	}
	return true;
}

/* Whether a grant asks for something that only a login tells. */
static bool
is_conditional(const struct explained_grant *grant)
{
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] == CONDITION_UNKNOWN &&
		    !is_about_time(i))
			return true;
	}
	return false;
}

/* Whether somebody could be let in at all: nothing is wrong with user, VM and
 * rows, and no deny stands whatever a login tells. */
static bool
is_open(const struct explanation *explanation)
{
	enum reason reason = explanation->decision.reason;

	if (explanation->decision.verdict == VERDICT_UNKNOWN ||
	    reason >= REASON_USER_UNKNOWN)
		return false;
	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		if (grant->deny && grant->verdict.applies &&
		    !is_conditional(grant))
			return false;
	}
	return true;
}

/* --- rows -------------------------------------------------------------------- */

static void
separate(bool *first)
{
	fputs(*first ? "" : "; ", stdout);
	*first = false;
}

static void
print_conditions(const struct explained_grant *grant, bool *first)
{
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] != CONDITION_UNKNOWN)
			continue;
		separate(first);
		printf("%s ", condition_name((enum condition_kind)i));
		words_print(stdout, grant->value[i]);
	}
}

/* The denies that stand under conditions, for a service in which the grant
 * counts; calls back once for each. */
static bool
denies(const struct pair *pair, unsigned int mask, size_t at,
    const struct explained_grant **deny_r)
{
	for (int i = 0; i < SERVICES; i++) {
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
service_text(unsigned int mask)
{
	return mask == 3 ? "both" : services[mask >> 1];
}

static void
print_row(const struct table *table, const struct pair *pair,
    const struct explained_grant *grant, unsigned int mask)
{
	const struct explained_grant *deny;
	bool first = true;

	words_print(stdout, pair->user.text);
	printf("%*s  ", table->user_width - (int)strlen(pair->user.text), "");
	words_print(stdout, pair->vm);
	printf("%*s  %-7s  %5" PRId64 "  ",
	    table->vm_width - (int)strlen(pair->vm), "", service_text(mask),
	    grant->id);
	print_conditions(grant, &first);
	for (size_t i = 0; i < pair->of[0].count; i++) {
		if (!denies(pair, mask, i, &deny))
			continue;
		separate(&first);
		printf("unless grant %" PRId64 " denies it: ", deny->id);
		first = true;
		print_conditions(deny, &first);
	}
	puts(first ? "-" : "");
}

static void
add_row(json_object *list, const struct pair *pair,
    const struct explained_grant *grant, unsigned int mask)
{
	json_object *row = json_map(), *conditions = json_map();
	json_object *allowed = json_list(), *denied_by = json_list();
	const struct explained_grant *deny;

	for (int i = 0; i < SERVICES; i++) {
		if ((mask & 1u << i) != 0)
			json_append_text(allowed, services[i]);
	}
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (grant->verdict.condition[i] == CONDITION_UNKNOWN)
			json_put_text(conditions,
			    condition_name((enum condition_kind)i),
			    grant->value[i]);
	}
	for (size_t i = 0; i < pair->of[0].count; i++) {
		if (denies(pair, mask, i, &deny))
			json_append_number(denied_by, deny->id);
	}
	json_put_text(row, "user", pair->user.text);
	json_put_text(row, "vm", pair->vm);
	json_put(row, "services", allowed);
	json_put_number(row, "grant", grant->id);
	json_put(row, "conditions", conditions);
	json_put(row, "denied_by", denied_by);
	json_append(list, row);
}

/* --- asking ------------------------------------------------------------------- */

/* Allows are for SPICE unless they say more, which spares most pairs the
 * second question. */
static bool
is_about_vnc(const struct explanation *explanation)
{
	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		if (!grant->deny && grant->value[CONDITION_SERVICE] != NULL)
			return true;
	}
	return false;
}

/* The grants of a pair are the same for every service; only between two
 * changes of the policy they could differ. */
static void
tell_pair(const struct table *table, const struct pair *pair)
{
	bool open[SERVICES];

	for (int i = 0; i < SERVICES; i++)
		open[i] = is_open(&pair->of[i]) &&
		    pair->of[i].count == pair->of[0].count;
	for (size_t i = 0; i < pair->of[0].count; i++) {
		unsigned int mask = 0;

		for (int j = 0; j < SERVICES; j++) {
			if (open[j] && pair->of[j].grants[i].id ==
			    pair->of[0].grants[i].id &&
			    could_allow(&pair->of[j].grants[i]))
				mask |= 1u << j;
		}
		if (mask == 0)
			continue;
		if (table->list != NULL)
			add_row(table->list, pair, &pair->of[0].grants[i],
			    mask);
		else
			print_row(table, pair, &pair->of[0].grants[i], mask);
	}
}

static bool
ask_pair(struct policy *policy, const struct table *table,
    const struct listing_pair *names, time_t when)
{
	struct pair pair = { .vm = names->vm };
	struct request request = {
		.user = &pair.user,
		.vm = { .name = names->vm, .by_name_alone = true },
	};
	bool told = true;

	if (identity_parse(&pair.user, names->user, strlen(names->user),
	    NULL) != 0)
		return true;	/* nobody can come as such a user */
	memset(pair.of, 0, sizeof(pair.of));
	for (int i = 0; i < SERVICES; i++) {
		if (i != 0 && !is_about_vnc(&pair.of[0]))
			break;
		request.service = services[i];
		explanation_ask(&pair.of[i], policy, &request, when);
		if (pair.of[i].decision.verdict == VERDICT_UNKNOWN)
			told = false;
	}
	if (told)
		tell_pair(table, &pair);
	else
		warnx("%s", policy_detail(policy));
	for (int i = 0; i < SERVICES; i++)
		explanation_clear(&pair.of[i]);
	return told;
}

static void
begin_table(struct table *table, const struct listing *listing, bool json)
{
	table->list = json ? json_list() : NULL;
	table->user_width = (int)strlen("USER");
	table->vm_width = (int)strlen("VM");
	for (size_t i = 0; i < listing->count; i++) {
		int user = (int)strlen(listing->pairs[i].user);
		int vm = (int)strlen(listing->pairs[i].vm);

		if (user > table->user_width)
			table->user_width = user;
		if (vm > table->vm_width)
			table->vm_width = vm;
	}
	if (!json)
		printf("%-*s  %-*s  SERVICE  GRANT  CONDITIONS\n",
		    table->user_width, "USER", table->vm_width, "VM");
}

static int
tell_access(const struct listing *listing, const char *path, time_t when,
    bool json)
{
	struct policy *policy = NULL;
	struct table table;
	bool told = true;

	if (policy_new(&policy, path) != ERROR_NONE)
		err(CLI_FAILED, NULL);
	begin_table(&table, listing, json);
	for (size_t i = 0; told && i < listing->count; i++)
		told = ask_pair(policy, &table, &listing->pairs[i], when);
	policy_free(&policy);
	if (told && table.list != NULL)
		json_print(table.list);
	return cli_flush() && told ? EXIT_SUCCESS : CLI_FAILED;
}

int
verb_access(const char *path, int argc, char **argv)
{
	const char *user = NULL, *realm = NULL, *vm = NULL, *at = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "at", .values = &at, .room = 1 },
		{ .name = "json", .flag = &json },
		{ .letter = 'r', .name = "realm", .values = &realm, .room = 1 },
		{ .name = "user", .values = &user, .room = 1 },
		{ .name = "vm", .values = &vm, .room = 1 },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] access [--user USER"
		    " [-r REALM]] [--vm VM] [--at TIME] [--json]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	struct listing listing;
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
	if (listing_read(&listing, path, user != NULL ? id.text : NULL,
	    vm) != 0)
		warnx("%s", listing.detail);
	else
		status = tell_access(&listing, path, when, json);
	listing_clear(&listing);
	return status;
}
