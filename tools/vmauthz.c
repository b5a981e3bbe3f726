/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz: the administrator's commands, except for the editing of rows. */

#include <err.h>
#include <string.h>

#include "tools/cli.h"
#include "tools/verbs.h"

/* Every command gets the policy's path, also those that ask vmauthzd
 * instead. */
static const struct {
	const char *name;
	int (*run)(const char *path, int argc, char **argv);
} verbs[] = {
	{ "access", verb_access },
	{ "check", verb_check },
	{ "explain", verb_explain },
	{ "history", verb_history },
	{ "init", verb_init },
	{ "log", verb_log },
	{ "migrate", verb_migrate },
	{ "passwd", verb_passwd },
	{ "replay", verb_replay },
	{ "ticket", verb_ticket },
	{ "undo", verb_undo },
	{ "who", verb_who },
};

int
main(int argc, char **argv)
{
	const char *path = NULL;
	const struct cli_option options[] = {
		{ .letter = 'd', .name = "database", .values = &path },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] init\n"
		    "       vmauthz [-d FILE] passwd [OPTION]... USER\n"
		    "       vmauthz [-d FILE] explain USER VM [OPTION]...\n"
		    "       vmauthz [-d FILE] access [OPTION]...\n"
		    "       vmauthz [-d FILE] check [OPTION]...\n"
		    "       vmauthz [-d FILE] replay LOG\n"
		    "       vmauthz [-d FILE] history [OPTION]...\n"
		    "       vmauthz log [OPTION]...\n"
		    "       vmauthz ticket USER VM [OPTION]...\n"
		    "       vmauthz who [OPTION]...\n"
		    "       vmauthz [-d FILE] undo [--yes] REVISION\n"
		    "       vmauthz [-d FILE] migrate [OPTION]...\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
		.operand = "a command",
		.verb = true,
	};
	/* The rest of argv is the command's, with options of its own. */
	int status, at = cli_parse(&command, argc, argv, &status);

	if (at < 0)
		return status;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, argv[at]) == 0)
			return verbs[i].run(path != NULL ? path :
			    CLI_DEFAULT_POLICY, argc - at, argv + at);
	}
	warnx("'%s' is no command; see --help", argv[at]);
	return CLI_USAGE;
}
