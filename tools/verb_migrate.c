/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz migrate: brings a policy of an earlier schema version forward. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy-admin/migrate.h"
#include "tools/cli.h"
#include "tools/verbs.h"

#define DEFAULT_FOLDER PKGDATADIR "/migrations"

/* Without a copy nothing was done. */
static bool
migrate_print_result(const char *path, const struct policy_migration *migration)
{
	if (migration->backup == NULL)
		printf("%s is version %d, there is nothing to do\n", path,
		    migration->from);
	else
		printf("%s was version %d and is version %d now, by\n%s"
		    "It was copied to %s before.\n", path, migration->from,
		    migration->to, migration->files->str, migration->backup);
	return cli_flush();
}

int
verb_migrate(const char *path, int argc, char **argv)
{
	struct policy_migration migration = { .folder = NULL };
	char detail[ERROR_DETAIL_MAX];
	const struct cli_option options[] = {
		{ .name = "migrations", .values = &migration.folder },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] migrate"
		    " [--migrations FOLDER]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	bool done;
	int status;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	/* With files of their own, administrators may want a version that this
	 * program does not read yet. */
	migration.newest = migration.folder != NULL;
	if (!migration.newest)
		migration.folder = DEFAULT_FOLDER;
	migration.files = g_string_new(NULL);
	done = policy_migrate(path, &migration, detail) == ERROR_NONE;
	/* The files that ran before an error are not printed: they have no
	 * effect. */
	if (!done)
		warnx("%s", detail);
	done = done && migrate_print_result(path, &migration);
	g_string_free(migration.files, TRUE);
	g_free(migration.backup);
	return done ? EXIT_SUCCESS : CLI_FAILED;
}
