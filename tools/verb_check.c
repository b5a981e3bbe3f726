/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz check: prints problems of the policy, as far as this host can see
 * them. */

#include <err.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy-admin/problems.h"
#include "policy-admin/rows.h"
#include "tools/cli.h"
#include "tools/verbs.h"

#define DEFAULT_SASL_CONF "/etc/sasl2/qemu.conf"

/* Exit status. */
enum {
	CHECK_CLEAN = 0,
	CHECK_PROBLEMS = 1,
	CHECK_UNKNOWN = 2,
};

/* --- qemu.conf ----------------------------------------------------------- */

/* The value of a line "key: value", parsed as libsasl2 does; NULL: another
 * line.  Cuts white space off the line. */
static char *
check_conf_value(char *line, const char *key)
{
	size_t length = strlen(key);

	line = g_strstrip(line);
	if (strncasecmp(line, key, length) != 0)
		return NULL;
	line = g_strchug(line + length);
	return *line == ':' ? g_strchug(line + 1) : NULL;
}

static bool
check_all_scram(const char *mechanisms)
{
	char **names = g_strsplit_set(mechanisms, " \t,", -1);
	bool all = true;

	/* Between two separators is an empty name, which is none. */
	for (char **name = names; *name != NULL; name++) {
		if (**name != '\0' &&
		    strncasecmp(*name, "SCRAM-", strlen("SCRAM-")) != 0)
			all = false;
	}
	g_strfreev(names);
	return all;
}

/* Sets *only_r to whether mech_list offers SCRAM mechanisms alone, so that a
 * user without a verifier can't log in.  True if there is no file or no
 * mech_list: then the users are shown.  Returns false after an error, which it
 * prints. */
static bool
check_read_mechanisms(const char *path, bool *only_r)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *value;
	size_t room = 0;
	bool found = false, read;

	*only_r = true;
	if (file == NULL && errno == ENOENT)
		return true;
	if (file == NULL) {
		warn("%s", path);
		return false;
	}
	while (!found && getline(&line, &room, file) >= 0) {
		value = check_conf_value(line, "mech_list");
		found = value != NULL;
		if (found)
			*only_r = check_all_scram(value);
	}
	read = ferror(file) == 0;
	if (!read)
		warn("%s", path);
	free(line);
	fclose(file);
	return read;
}

/* --- problems ------------------------------------------------------------ */

/* By strverscmp(), as the names of grants are numbers: 9 before 10. */
static int
check_compare_problems_cb(const void *left, const void *right)
{
	char *const *a = *(char *const *const *)left;
	char *const *b = *(char *const *const *)right;
	int order = strcmp(a[0], b[0]);

	if (order == 0)
		order = strverscmp(a[1], b[1]);
	return order != 0 ? order : strcmp(a[2], b[2]);
}

/* In columns as wide as the longest entry. */
static void
check_print_problems(const GPtrArray *problems)
{
	int what = rows_width(problems, 0, "");
	int name = rows_width(problems, 1, "");

	for (guint i = 0; i < problems->len; i++) {
		char **row = rows_at(problems, i);

		printf("%-*s  %-*s  %s\n", what, row[0], name, row[1], row[2]);
	}
}

int
verb_check(const char *path, int argc, char **argv)
{
	const char *sasl_conf = NULL;
	const struct cli_option options[] = {
		{ .name = "sasl-conf", .values = &sasl_conf },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] check [--sasl-conf FILE]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	GPtrArray *problems;
	char detail[ERROR_DETAIL_MAX];
	bool scram_only;
	int status;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	/* A qemu.conf that can't be read is an error: a guess about its
	 * mechanisms would hide or invent problems. */
	if (!check_read_mechanisms(sasl_conf != NULL ? sasl_conf :
	    DEFAULT_SASL_CONF, &scram_only))
		return CHECK_UNKNOWN;
	status = CHECK_UNKNOWN;
	problems = rows_new();
	if (problems_check(path, scram_only, problems, detail) != ERROR_NONE) {
		warnx("%s", detail);
	} else {
		g_ptr_array_sort(problems, check_compare_problems_cb);
		check_print_problems(problems);
		status = problems->len > 0 ? CHECK_PROBLEMS : CHECK_CLEAN;
	}
	g_ptr_array_unref(problems);
	return cli_flush() ? status : CHECK_UNKNOWN;
}
