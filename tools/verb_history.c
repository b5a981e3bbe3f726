/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz history: prints the changes of the policy. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy-admin/history.h"
#include "tools/change.h"
#include "tools/cli.h"
#include "tools/verbs.h"

/* Reads everything before it prints anything: a pager that stands still would
 * hold the lock on the policy, and so keep out writers, and then logins. */
static int
history_print(const char *path, const struct policy_history_filter *filter,
    bool json)
{
	char detail[ERROR_DETAIL_MAX], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int rc;

	if (out == NULL)
		err(CLI_FAILED, "open_memstream");
	rc = policy_history(path, filter, json ? change_print_json_cb :
	    change_print_cb, out, detail);
	if (fclose(out) != 0)
		err(CLI_FAILED, "open_memstream");
	if (rc == ERROR_NONE)
		fwrite(text, 1, size, stdout);
	else if (rc == ERROR_VALUE)	/* detail doesn't name the option */
		warnx("--since: '%s' is neither a revision nor a time, in UTC,"
		    " as in \"2026-12-31 18:00\"", filter->since);
	else
		warnx("%s", detail);
	free(text);
	if (rc != ERROR_NONE)
		return rc == ERROR_VALUE ? CLI_USAGE : CLI_FAILED;
	return cli_flush() ? EXIT_SUCCESS : CLI_FAILED;
}

int
verb_history(const char *path, int argc, char **argv)
{
	struct policy_history_filter filter = { NULL, NULL, NULL };
	const char *user = NULL;
	struct identity identity;
	bool json = false;
	const struct cli_option options[] = {
		{ .name = "json", .flag = &json },
		{ .name = "since", .values = &filter.since, .room = 1 },
		{ .name = "user", .values = &user, .room = 1 },
		{ .name = "vm", .values = &filter.vm, .room = 1 },
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
