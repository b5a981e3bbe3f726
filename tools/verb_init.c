/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz init: creates a policy database. */

#include <err.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "policy-admin/create.h"
#include "tools/cli.h"
#include "tools/verbs.h"

/* The folder is not created here, because only the administrator knows which
 * group QEMU runs with. */
static void
init_warn_missing_folder(const char *path)
{
	char *folder = g_path_get_dirname(path);
	char *word = cli_quote_word(folder);

	warnx("there is no folder for it; make one that QEMU's group may enter:"
	    " install -d -m 0750 -g GROUP %s", word);
	g_free(word);
	g_free(folder);
}

int
verb_init(const char *path, int argc, char **argv)
{
	static const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] init\n",
	};
	char *word;
	int status, rc;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	/* Also for the journal, which SQLite creates. */
	umask(S_IWGRP | S_IRWXO);
	rc = create_policy(path);
	if (rc == ERROR_MISSING)
		init_warn_missing_folder(path);
	else if (rc != ERROR_NONE)
		warnx("%s: %s", path, error_text(rc));
	if (rc != ERROR_NONE)
		return CLI_FAILED;
	word = cli_quote_word(path);
	printf("%s created; now let QEMU's group read it: chgrp GROUP %s\n",
	    path, word);
	g_free(word);
	return cli_flush() ? EXIT_SUCCESS : CLI_FAILED;
}
