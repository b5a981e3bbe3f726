/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz history: prints the changes of the policy. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy-admin/history.h"
#include "policy-admin/rows.h"
#include "tools/change.h"
#include "tools/cli.h"
#include "tools/verbs.h"

/* Returns the exit status. */
static int
history_print(const char *path, const struct policy_history_filter *filter,
    bool json)
{
	GPtrArray *changes = rows_new();
	char detail[ERROR_DETAIL_MAX];
	int rc = policy_history(path, filter, changes, detail);

	if (rc == ERROR_VALUE)	/* detail doesn't name the option */
		warnx("--since: '%s' is neither a revision nor a time, in UTC,"
		    " as in \"2026-12-31 18:00\"", filter->since);
	else if (rc != ERROR_NONE)
		warnx("%s", detail);
	for (guint i = 0; rc == ERROR_NONE && i < changes->len; i++) {
		if (json)
			puts(rows_at(changes, i)[0]);
		else
			change_print(rows_at(changes, i)[0]);
	}
	g_ptr_array_unref(changes);
	if (rc != ERROR_NONE)
		return rc == ERROR_VALUE ? CLI_USAGE : CLI_FAILED;
	return cli_flush() ? EXIT_SUCCESS : CLI_FAILED;
}

int
verb_history(const char *path, int argc, char **argv)
{
	struct policy_history_filter filter = { .user = NULL };
	const char *user = NULL;
	struct identity identity;
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "json", .flag = &json },
		{ .name = "since", .values = &filter.since },
		{ .name = "user", .values = &user },
		{ .name = "vm", .values = &filter.vm },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] history [--user USER]"
		    " [--vm VM] [--since REVISION|TIME] [--json]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	int status;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	if (user != NULL && !cli_identity(user, NULL, &identity))
		return CLI_USAGE;
	/* A VM's name is compared as it is; a user's gets its realm first. */
	filter.user = user != NULL ? identity.text : NULL;
	return history_print(path, &filter, json);
}
