/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz undo: undoes the changes of the policy after a revision. */

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy-admin/history.h"
#include "policy-admin/rows.h"
#include "tools/change.h"
#include "tools/cli.h"
#include "tools/verbs.h"

/* Prints what the undo does: changes, then passwords.  Returns false, and
 * prints an error alone, if it can't be done. */
static bool
undo_preview(const char *path, struct policy_undo *undo)
{
	char since[32], detail[ERROR_DETAIL_MAX];
	const struct policy_history_filter filter = { .since = since };
	GPtrArray *changes = rows_new(), *passwords = undo->passwords;
	bool possible;

	snprintf(since, sizeof(since), "%lld", (long long)undo->revision);
	possible = policy_undo(path, undo, true, detail) == ERROR_NONE &&
	    policy_history(path, &filter, changes, detail) == ERROR_NONE;
	if (!possible)
		warnx("%s", detail);
	else if (undo->count != 0)
		printf("This takes back %lld change%s:\n",
		    (long long)undo->count, undo->count == 1 ? "" : "s");
	for (guint i = 0; possible && i < changes->len; i++)
		change_print(rows_at(changes, i)[0]);
	if (possible && passwords->len > 0)
		puts("Passwords are not in the history, so");
	for (guint i = 0; possible && i < passwords->len; i++)
		printf("  %s %s\n", rows_at(passwords, i)[0],
		    strcmp(rows_at(passwords, i)[1], "1") == 0 ?
		    "keeps the password that was set since" :
		    "will have no password, see vmauthz passwd");
	g_ptr_array_unref(changes);
	return possible;
}

/* Anything but a line "yes" is a no.  Without a terminal there is nobody who
 * has read the preview. */
static bool
undo_is_confirmed(void)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		warnx("standard input is no terminal: give --yes to undo");
		return false;
	}
	fputs("Type yes to take this back: ", stdout);
	if (!cli_flush())
		return false;
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    strcmp(answer, "yes\n") == 0)
		return true;
	warnx("nothing was taken back");
	return false;
}

/* No lock is held while the question waits.  policy_undo() refuses if the
 * policy has changed since the preview. */
static bool
undo_confirm_and_apply(const char *path, struct policy_undo *undo, bool yes)
{
	char detail[ERROR_DETAIL_MAX];

	if (undo->count == 0) {
		printf("nothing has changed since revision %lld\n",
		    (long long)undo->revision);
		return cli_flush();
	}
	if (!cli_flush() || (!yes && !undo_is_confirmed()))
		return false;
	if (policy_undo(path, undo, false, detail) != ERROR_NONE) {
		warnx("%s", detail);
		return false;
	}
	/* The revision of before is the way back from a mistaken undo. */
	printf("Done, the policy is as it was after revision %lld; vmauthz"
	    " undo %lld takes that back.\n", (long long)undo->revision,
	    (long long)undo->latest);
	return cli_flush();
}

int
verb_undo(const char *path, int argc, char **argv)
{
	struct policy_undo undo = { .revision = 0 };
	unsigned int revision;
	bool yes = false, done;
	const struct cli_option options[] = {
		{ .name = "yes", .flag = &yes },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] undo [--yes] REVISION\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
		.operand = "REVISION",
	};
	int status, operand = cli_parse(&command, argc, argv, &status);

	if (operand < 0)
		return status;
	if (!cli_number("REVISION", argv[operand], 0, UINT_MAX, &revision))
		return CLI_USAGE;
	undo.revision = revision;
	undo.passwords = rows_new();
	done = undo_preview(path, &undo) &&
	    undo_confirm_and_apply(path, &undo, yes);
	g_ptr_array_unref(undo.passwords);
	return done ? EXIT_SUCCESS : CLI_FAILED;
}
