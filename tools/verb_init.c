/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz init: creates a policy database. */

#include <err.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	char *copy = strdup(path);	/* dirname(3) writes into it */

	if (copy == NULL)
		err(CLI_FAILED, "%s", path);
	fprintf(stderr, "%s: there is no folder for it; make one that QEMU's"
	    " group may enter: install -d -m 0750 -g GROUP ",
	    program_invocation_short_name);
	cli_print_word(stderr, dirname(copy));
	putc('\n', stderr);
	free(copy);
}

int
verb_init(const char *path, int argc, char **argv)
{
	static const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] init\n",
	};
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
	printf("%s created; now let QEMU's group read it: chgrp GROUP ", path);
	cli_print_word(stdout, path);
	putchar('\n');
	return cli_flush() ? EXIT_SUCCESS : CLI_FAILED;
}
