/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The command line of the administrator's commands: strict options, and one
 * sentence on standard error for each thing that can't be meant. */

#ifndef VMAUTHZ_TOOLS_CLI_H
#define VMAUTHZ_TOOLS_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "decide/identity.h"
#include "decide/request.h"

#define CLI_DEFAULT_POLICY SYSCONFDIR "/vmauthz/policy.db"

enum {
	CLI_FAILED = 1,		/* exit status: the command failed */
	CLI_USAGE = 2,		/* exit status: bad arguments, nothing done */
};

struct cli_option {
	char letter;		/* '\0': long form only */
	const char *name;	/* without "--"; NULL: short form only */
	const char **values;	/* out: its arguments; NULL: takes none */
	size_t room;		/* of values: how often it may be given; 0: 1 */
	bool *flag;		/* out, if it takes no argument */
};

struct cli_command {
	const char *usage;	/* lines, for --help */
	const struct cli_option *options;
	size_t count;
	const char *operand;	/* name of the one operand; NULL: none */
	bool verb;		/* arguments may follow the operand */
};

/* Parses the options in argv, and --help and --version, which every command
 * has.  values must be NULL before, room of them.  Returns the index of the
 * operand (argc if the command has none), or -1 with the exit status in
 * *status_r after it has printed the help, the version or an error. */
int cli_parse(const struct cli_command *command, int argc, char **argv,
    int *status_r);

/* The same for a command whose operands are USER and VM.  Options may stand
 * before USER and behind VM.  Returns false instead of -1. */
bool cli_parse_user_vm(const struct cli_command *command, int argc,
    char **argv, const char **user_r, const char **vm_r, int *status_r);

/* Parses a whole decimal number from min to max.  Prints an error with the
 * option's name, and returns false, for anything else. */
bool cli_number(const char *option, const char *text, unsigned int min,
    unsigned int max, unsigned int *value_r);

/* Parses a time of the form "2026-12-24 08:00", in UTC; text NULL is the
 * present.  Prints an error with the option's name and returns false. */
bool cli_time(const char *option, const char *text, time_t *when_r);

/* Makes name@realm of a user and a realm.  realm NULL: the host's name; a user
 * who names a realm must come without one.  Prints an error and returns
 * false. */
bool cli_identity(const char *user, const char *realm,
    struct identity *id_r);

/* What stands before the errors about a request's texts: an option and ": ". */
struct cli_request_names {
	const char *vm, *cert_cn, *client, *service;
};

/* Checks that a login can have these texts of the request: a decision about
 * others would tell nothing about the policy.  NULL, except for the VM's name,
 * is unknown.  Prints an error and returns false. */
bool cli_check_request(const struct request *request,
    const struct cli_request_names *names);

/* Prints a warning if everybody may read the policy at path, and so its
 * verifiers. */
void cli_warn_readable(const char *path);

/* Returns a word quoted so that sh(1) reads it unchanged, to be freed with
 * g_free(). */
char *cli_quote_word(const char *word);

/* Flushes standard output.  Prints an error and returns false if anything that
 * was written to it is lost, on a full disk for example. */
bool cli_flush(void);

#endif
