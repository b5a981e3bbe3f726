/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz check: what looks wrong with the policy, seen from this host. */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy-admin/problems.h"
#include "tools/cli.h"
#include "tools/verbs.h"

#define DEFAULT_SASL_CONF "/etc/sasl2/qemu.conf"

enum {
	CHECK_CLEAN = 0,
	CHECK_PROBLEMS = 1,
	CHECK_UNKNOWN = 2,
};

struct problem {
	char *what, *name, *why;
};

struct problems {
	struct problem *rows;
	size_t count, room;
};

/* --- qemu.conf ------------------------------------------------------------- */

/* The value of a line "key: value" as libsasl2 reads them; NULL: another line.
 * Ends the value in the line. */
static char *
line_value(char *line, const char *key)
{
	size_t length = strlen(key);
	char *end;

	line += strspn(line, " \t");
	if (strncasecmp(line, key, length) != 0)
		return NULL;
	line += length + strspn(line + length, " \t");
	if (*line++ != ':')
		return NULL;
	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return line;
}

static bool
all_scram(char *mechanisms)
{
	static const char separators[] = " \t,";
	char *rest = NULL;

	for (char *name = strtok_r(mechanisms, separators, &rest);
	    name != NULL; name = strtok_r(NULL, separators, &rest)) {
		if (strncasecmp(name, "SCRAM-", strlen("SCRAM-")) != 0)
			return false;
	}
	return true;
}

/* Whether whoever has no verifier can't get in at all: unless mech_list offers
 * something else. */
static bool
read_scram_only(const char *path, bool *only_r)
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
		value = line_value(line, "mech_list");
		found = value != NULL;
		if (found)
			*only_r = all_scram(value);
	}
	read = ferror(file) == 0;
	if (!read)
		warn("%s", path);
	free(line);
	fclose(file);
	return read;
}

/* --- what was found ---------------------------------------------------------- */

static void
keep(void *context, const char *what, const char *name, const char *why)
{
	struct problems *all = context;
	struct problem *rows = all->rows;

	if (all->count == all->room) {
		all->room = all->room * 2 + 64;
		rows = reallocarray(rows, all->room, sizeof(*rows));
		if (rows == NULL)
			err(CHECK_UNKNOWN, NULL);
		all->rows = rows;
	}
	rows += all->count++;
	rows->what = strdup(what);
	rows->name = strdup(name);
	rows->why = strdup(why);
	if (rows->what == NULL || rows->name == NULL || rows->why == NULL)
		err(CHECK_UNKNOWN, NULL);
}

/* Grants have numbers for names. */
static int
compare(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;
	int order = strcmp(a->what, b->what);

	if (order == 0)
		order = strverscmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->why, b->why);
}

static void
print_problems(const struct problems *all)
{
	size_t what = 0, name = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (strlen(all->rows[i].what) > what)
			what = strlen(all->rows[i].what);
		if (strlen(all->rows[i].name) > name)
			name = strlen(all->rows[i].name);
	}
	for (size_t i = 0; i < all->count; i++)
		printf("%-*s  %-*s  %s\n", (int)what, all->rows[i].what,
		    (int)name, all->rows[i].name, all->rows[i].why);
}

static void
free_problems(struct problems *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->rows[i].what);
		free(all->rows[i].name);
		free(all->rows[i].why);
	}
	free(all->rows);
}

int
verb_check(const char *path, int argc, char **argv)
{
	const char *sasl_conf = NULL;
	const struct cli_option options[] = {
		{ .name = "sasl-conf", .values = &sasl_conf, .room = 1 },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] check [--sasl-conf FILE]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	struct problems all = { NULL, 0, 0 };
	char detail[POLICY_DETAIL_MAX];
	bool scram_only;
	int status;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	if (!read_scram_only(sasl_conf != NULL ? sasl_conf :
	    DEFAULT_SASL_CONF, &scram_only))
		return CHECK_UNKNOWN;
	status = CHECK_UNKNOWN;
	if (problems_check(path, scram_only, keep, &all, detail) != ERROR_NONE) {
		warnx("%s", detail);
	} else {
		if (all.count > 0)
			qsort(all.rows, all.count, sizeof(*all.rows), compare);
		print_problems(&all);
		status = all.count > 0 ? CHECK_PROBLEMS : CHECK_CLEAN;
	}
	free_problems(&all);
	return cli_flush() ? status : CHECK_UNKNOWN;
}
