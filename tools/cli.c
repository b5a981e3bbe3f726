/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/cli.h"

#include <arpa/inet.h>
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide/condition.h"
#include "base/error.h"

enum {
	CLI_OPTIONS_MAX = 16,	/* in one command */
	/* A long option's val is this and its index; no letter is as large. */
	CLI_LONG_BASE = 256,
	CLI_LONG_HELP = CLI_LONG_BASE + CLI_OPTIONS_MAX,
	CLI_LONG_VERSION,
};

/* What getopt_long(3) reads: "+:" and the letters, the long options with
 * --help, --version and an end. */
struct getopt_tables {
	char letters[2 + 2 * CLI_OPTIONS_MAX + 1];
	struct option names[CLI_OPTIONS_MAX + 3];
};

static void
cli_build_tables(struct getopt_tables *tables,
    const struct cli_command *command)
{
	char *letter = tables->letters;
	struct option *name = tables->names;

	assert(command->count <= CLI_OPTIONS_MAX);
	memset(tables, 0, sizeof(*tables));
	/* '+': stop at the first operand, behind which a verb's own options
	 * stand; ':': report a missing argument as ':', not as '?'. */
	*letter++ = '+';
	*letter++ = ':';
	for (size_t i = 0; i < command->count; i++) {
		const struct cli_option *option = &command->options[i];
		bool argument = option->values != NULL;

		if (option->letter != '\0') {
			*letter++ = option->letter;
			if (argument)
				*letter++ = ':';
		}
		if (option->name != NULL)
			*name++ = (struct option){ option->name, argument,
			    NULL, CLI_LONG_BASE + (int)i };
	}
	*name++ = (struct option){ "help", 0, NULL, CLI_LONG_HELP };
	*name = (struct option){ "version", 0, NULL, CLI_LONG_VERSION };
}

/* val is a letter, or CLI_LONG_BASE and an index; letter '\0' never matches. */
static const struct cli_option *
cli_find_option(const struct cli_command *command, int val)
{
	for (size_t i = 0; i < command->count; i++) {
		if (val == CLI_LONG_BASE + (int)i ||
		    (val != '\0' && val == command->options[i].letter))
			return &command->options[i];
	}
	return NULL;
}

/* An option that is repeated is an error: the last one would silently win. */
static bool
cli_store_argument(const struct cli_option *option, const char *argument)
{
	if (option->values == NULL) {
		*option->flag = true;
		return true;
	}
	for (size_t i = 0; i == 0 || i < option->room; i++) {
		if (option->values[i] == NULL) {
			option->values[i] = argument;
			return true;
		}
	}
	if (option->letter != '\0')
		warnx("-%c is given too often", option->letter);
	else
		warnx("--%s is given too often", option->name);
	return false;
}

/* Prints why getopt_long() returned ':' or '?'.  optopt is 0 for an unknown
 * long option, and the val of one that misses its argument or has one too
 * many. */
static void
cli_warn_option(int result, const char *last)
{
	const char *what = result == ':' ? "needs an argument" :
	    optopt >= CLI_LONG_BASE ? "takes no argument" : "is no option";

	if (optopt == 0 || optopt >= CLI_LONG_BASE)
		warnx("%s %s; see --help", last, what);
	else
		warnx("-%c %s; see --help", optopt, what);
}

/* Returns the index of the operand, or -1 with *status_r set.  How many
 * operands a verb's command has is for the verb to check. */
static int
cli_check_operands(const struct cli_command *command, int argc, char **argv,
    int *status_r)
{
	int wanted = command->operand != NULL ? 1 : 0;

	if (argc - optind < wanted)
		warnx("%s is missing; see --help", command->operand);
	else if (argc - optind > wanted && !command->verb)
		warnx("'%s' is one argument too many; see --help",
		    argv[optind + wanted]);
	else
		return optind;
	*status_r = CLI_USAGE;
	return -1;
}

int
cli_parse(const struct cli_command *command, int argc, char **argv,
    int *status_r)
{
	const struct cli_option *option;
	struct getopt_tables tables;
	int val;

	cli_build_tables(&tables, command);
	opterr = 0;
	/* GNU: 0 starts afresh, for the second parse of a verb's options. */
	optind = 0;
	while ((val = getopt_long(argc, argv, tables.letters, tables.names,
	    NULL)) != -1) {
		*status_r = CLI_USAGE;
		if (val == CLI_LONG_HELP || val == CLI_LONG_VERSION) {
			fputs(val == CLI_LONG_HELP ? command->usage :
			    PACKAGE_STRING "\n", stdout);
			*status_r = cli_flush() ? EXIT_SUCCESS : CLI_FAILED;
			return -1;
		}
		option = cli_find_option(command, val);
		if (option == NULL) {
			cli_warn_option(val, argv[optind - 1]);
			return -1;
		}
		if (!cli_store_argument(option, optarg))
			return -1;
	}
	return cli_check_operands(command, argc, argv, status_r);
}

/* Parses twice.  An option that was given before USER counts in the second
 * parse as well. */
bool
cli_parse_user_vm(const struct cli_command *command, int argc, char **argv,
    const char **user_r, const char **vm_r, int *status_r)
{
	struct cli_command part = *command;
	int user, vm;

	part.operand = "USER";
	part.verb = true;
	user = cli_parse(&part, argc, argv, status_r);
	vm = user + 1;
	if (user < 0)
		return false;
	*status_r = CLI_USAGE;
	/* A VM whose name begins with "-" can't be named; a forgotten VM before
	 * an option is the likelier mistake. */
	if (vm >= argc || argv[vm][0] == '-') {
		warnx("VM is missing behind USER; see --help");
		return false;
	}
	*user_r = argv[user];
	*vm_r = argv[vm];
	return cli_parse(command, argc - vm, argv + vm, status_r) >= 0;
}

bool
cli_number(const char *option, const char *text, unsigned int min,
    unsigned int max, unsigned int *value_r)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	/* strtoul() skips spaces and accepts signs.  Anything but digits is an
	 * error, as nobody knows what was meant. */
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    value < min || value > max) {
		warnx("%s: '%s' is not a whole number from %u to %u", option,
		    text, min, max);
		return false;
	}
	*value_r = (unsigned int)value;
	return true;
}

bool
cli_time(const char *option, const char *text, time_t *when_r)
{
	*when_r = time(NULL);
	if (text == NULL || moment_parse(text, when_r))
		return true;
	warnx("%s: '%s' is not a time like '2026-12-24 08:00', in UTC",
	    option, text);
	return false;
}

bool
cli_identity(const char *user, const char *realm, struct identity *id_r)
{
	char host[IDENTITY_MAX + 1] = "";

	/* Which of the two realms is meant can't be known. */
	if (realm != NULL && strchr(user, '@') != NULL) {
		warnx("'%s' names its realm: leave -r out", user);
		return false;
	}
	/* As the plugin's default realm, unless qemu.conf sets another. */
	if (realm == NULL) {
		if (gethostname(host, sizeof(host) - 1) != 0)
			host[0] = '\0';
		realm = host;
	}
	if (strchr(user, '@') == NULL &&
	    !identity_realm_valid(realm, strlen(realm))) {
		warnx("'%s' is no realm: letters, digits, dots, hyphens and"
		    " underscores make one", realm);
		return false;
	}
	/* identity_parse() is what the plugin calls: what it refuses is no
	 * name that could log in. */
	if (identity_parse(id_r, user, strlen(user), realm) != ERROR_NONE) {
		warnx("'%s': %s", user, error_text(ERROR_NAME));
		return false;
	}
	return true;
}

bool
cli_check_request(const struct request *request,
    const struct cli_request_names *names)
{
	unsigned char address[sizeof(struct in6_addr)];
	const char *cn = request->certificate.cn, *client = request->client;
	const char *service = request->service, *vm = request->vm.name;

	if (vm[0] == '\0' || strlen(vm) > REQUEST_VM_NAME_MAX)
		warnx("%sa VM's name has 1 to %d octets", names->vm,
		    REQUEST_VM_NAME_MAX);
	else if (cn != NULL && cn[0] == '\0')
		warnx("%sa certificate without a name counts as none;"
		    " leave it out", names->cert_cn);
	else if (client != NULL && inet_pton(AF_INET, client, address) != 1 &&
	    inet_pton(AF_INET6, client, address) != 1)
		warnx("%s'%s' is not an IPv4 or IPv6 address", names->client,
		    client);
	else if (service != NULL && strcmp(service, "spice") != 0 &&
	    strcmp(service, "vnc") != 0)
		warnx("%s'%s' is neither spice nor vnc", names->service,
		    service);
	else
		return true;
	return false;
}

void
cli_warn_readable(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		warnx("%s: everybody may read its verifiers and guess"
		    " passwords; see chmod(1): o-rwx", path);
}

/* Double quotes where they suffice: SQL has single quotes of its own.  A '!' is
 * expanded by an interactive bash even between double quotes. */
char *
cli_quote_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-./:=@_";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
		return g_strdup(word);
	if (strpbrk(word, "\"$`\\!") == NULL)
		return g_strdup_printf("\"%s\"", word);
	return g_shell_quote(word);	/* in single quotes */
}

/* A result that is lost on a full disk must not look like a success. */
bool
cli_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	warn("standard output");
	return false;
}
