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
#include "tools/change.h"
#include "tools/cli.h"
#include "tools/verbs.h"

/* What an undo would do, as text: changes, then passwords. */
struct preview {
	FILE *changes, *passwords;
	char *text[2];
	size_t size[2];
};

/* Passwords come last in the preview, but are reported before the changes are
 * read: hence two streams. */
static void
undo_print_password_cb(void *context, const char *user, bool has_one)
{
	const struct preview *preview = context;

	fprintf(preview->passwords, "  %s %s\n", user, has_one ?
	    "keeps the password that was set since" :
	    "will have no password, see vmauthz passwd");
}

/* Exits if memory runs out: an incomplete preview must not be confirmed. */
static void
undo_open_preview(struct preview *preview)
{
	preview->changes = open_memstream(&preview->text[0],
	    &preview->size[0]);
	preview->passwords = open_memstream(&preview->text[1],
	    &preview->size[1]);
	if (preview->changes == NULL || preview->passwords == NULL)
		err(CLI_FAILED, "open_memstream");
}

/* Writes into memory: callbacks must not wait for a terminal, and nothing is
 * printed if the undo can't be done. */
static int
undo_make_preview(const char *path, struct policy_undo *undo,
    struct preview *preview, char detail[ERROR_DETAIL_MAX])
{
	char since[32];
	const struct policy_history_filter filter = { .since = since };
	int rc;

	snprintf(since, sizeof(since), "%lld", (long long)undo->revision);
	undo->password_cb = undo_print_password_cb;
	undo->context = preview;
	undo_open_preview(preview);
	rc = policy_undo_try(path, undo, detail);
	if (rc == ERROR_NONE)
		rc = policy_history(path, &filter, change_print_cb,
		    preview->changes, detail);
	undo->password_cb = NULL;	/* reported once, before the question */
	if (fclose(preview->changes) != 0 || fclose(preview->passwords) != 0)
		err(CLI_FAILED, "open_memstream");
	return rc;
}

static void
undo_print_preview(const struct policy_undo *undo,
    const struct preview *preview)
{
	printf("This takes back %lld change%s:\n%s", (long long)undo->count,
	    undo->count == 1 ? "" : "s", preview->text[0]);
	if (preview->size[1] > 0)
		printf("Passwords are not in the history, so\n%s",
		    preview->text[1]);
}

/* Anything but a line "yes" is a no.  Without a terminal there is nobody who
 * has read the preview. */
static bool
undo_is_confirmed(void)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		warnx("nobody can be asked: with --yes it is done without"
		    " asking");
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

/* No lock is held while the question waits.  policy_undo_apply() refuses if the
 * policy has changed since the preview. */
static bool
undo_confirm_and_apply(const char *path, struct policy_undo *undo,
    const struct preview *preview, bool yes)
{
	char detail[ERROR_DETAIL_MAX];

	if (undo->count == 0) {
		printf("nothing has changed since revision %lld\n",
		    (long long)undo->revision);
		return cli_flush();
	}
	undo_print_preview(undo, preview);
	if (!cli_flush() || (!yes && !undo_is_confirmed()))
		return false;
	if (policy_undo_apply(path, undo, detail) != ERROR_NONE) {
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
	struct preview preview = { .text = { NULL } };
	char detail[ERROR_DETAIL_MAX];
	unsigned int revision;
	bool yes = false, done = false;
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
	if (undo_make_preview(path, &undo, &preview, detail) == ERROR_NONE)
		done = undo_confirm_and_apply(path, &undo, &preview, yes);
	else
		warnx("%s", detail);
	free(preview.text[0]);
	free(preview.text[1]);
	return done ? EXIT_SUCCESS : CLI_FAILED;
}
