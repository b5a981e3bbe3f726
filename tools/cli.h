/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the administrator's commands have in common: strict options, and one
 * sentence on standard error for whatever can't be meant. */

#ifndef VMAUTHZ_TOOLS_CLI_H
#define VMAUTHZ_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "decide/identity.h"

#define CLI_DEFAULT_POLICY SYSCONFDIR "/vmauthz/policy.db"

enum {
	CLI_FAILED = 1,		/* exit status: it could not be done */
	CLI_USAGE = 2,		/* exit status: it was not said what to do */
};

struct cli_option {
	char letter;		/* '\0': it has none */
	const char *name;	/* without "--"; NULL: it has none */
	const char **values;	/* its arguments, as given; NULL: takes none */
	size_t room;		/* how often it may be given */
	bool *flag;		/* set if it takes none */
};

struct cli_command {
	const char *usage;	/* lines, for --help */
	const struct cli_option *options;
	size_t count;
	const char *operand;	/* what has to follow; NULL: nothing may */
	bool verb;		/* the operand has arguments of its own */
};

/* Takes the options off argv; --help and --version are always among them.
 * values must be NULL before.  Returns the index of the operand (argc if the
 * command has none), or -1 with *status_r the exit status after an answer or
 * a complaint. */
int cli_parse(const struct cli_command *command, int argc, char **argv,
    int *status_r);

/* Whole decimal numbers from min to max; complains with the option's name. */
bool cli_number(const char *option, const char *text, unsigned int min,
    unsigned int max, unsigned int *value_r);

/* A time of the form "2026-12-24 08:00", in UTC; text NULL: the present.
 * Complains with the option's name. */
bool cli_time(const char *option, const char *text, time_t *when_r);

/* name@realm out of a user's name and a realm, which may be NULL: the host's
 * name then.  Complains. */
bool cli_identity(const char *user, const char *realm,
    struct identity *id_r);

/* Says so if everybody may read the verifiers in the policy at path. */
void cli_warn_readable(const char *path);

/* Writes a word so that a shell reads it as it is. */
void cli_print_word(FILE *out, const char *word);

/* Whether all that was written to standard output got there; complains. */
bool cli_flush(void);

#endif
