/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz passwd: sets or deletes a user's verifiers. */

#include <err.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy-admin/credentials.h"
#include "scram/scram.h"
#include "tools/cli.h"
#include "tools/password_prompt.h"
#include "tools/verbs.h"

enum { PASSWD_MECHANISMS_MAX = 8 };

/* Without SCRAM-SHA-1, which is the cheapest to guess at. */
static const char *const usual_mechanisms[] = {
	"SCRAM-SHA-256",
	"SCRAM-SHA-512",
	NULL
};

/* The command line as checked. */
struct passwd {
	const char *path;
	struct identity user;
	const char *mechanisms[PASSWD_MECHANISMS_MAX + 1];	/* to NULL */
	unsigned int iterations;
	bool remove;
};

/* For messages: "SCRAM-SHA-256, SCRAM-SHA-512".  Freed with g_free(). */
static char *
passwd_join_names(const char *const *names)
{
	GString *joined = g_string_new(names[0]);

	for (size_t i = 1; names[i] != NULL; i++)
		g_string_append_printf(joined, ", %s", names[i]);
	return g_string_free(joined, FALSE);
}

/* Adds the mechanism by the name that the schema knows, in upper case; once. */
static bool
passwd_add_mechanism(struct passwd *passwd, const char *name)
{
	size_t count = 0;
	char *known;

	while (passwd->mechanisms[count] != NULL) {
		if (strcasecmp(passwd->mechanisms[count++], name) == 0)
			return true;
	}
	for (size_t i = 0; scram_mechanisms[i] != NULL; i++) {
		if (strcasecmp(scram_mechanisms[i], name) == 0 &&
		    count < PASSWD_MECHANISMS_MAX) {
			passwd->mechanisms[count] = scram_mechanisms[i];
			return true;
		}
	}
	known = passwd_join_names(scram_mechanisms);
	warnx("--mechanism: '%s' is none of %s", name, known);
	g_free(known);
	return false;
}

/* --mechanism adds to the usual ones: a viewer that knows only those must still
 * get in. */
static bool
passwd_read_options(struct passwd *passwd, const char *iterations,
    const char *const *mechanisms)
{
	if (passwd->remove && (iterations != NULL || mechanisms[0] != NULL)) {
		warnx("--delete goes without --iterations and --mechanism");
		return false;
	}
	for (size_t i = 0; usual_mechanisms[i] != NULL; i++)
		passwd->mechanisms[i] = usual_mechanisms[i];
	for (size_t i = 0; i < PASSWD_MECHANISMS_MAX && mechanisms[i] != NULL;
	    i++) {
		if (!passwd_add_mechanism(passwd, mechanisms[i]))
			return false;
	}
	passwd->iterations = SCRAM_ITERATIONS_DEFAULT;
	return iterations == NULL || cli_number("--iterations", iterations,
	    SCRAM_ITERATIONS_MIN, SCRAM_ITERATIONS_MAX, &passwd->iterations);
}

/* Clients on Cyrus SASL (2.1.28) do not apply SASLprep: they hash the password
 * as it was typed. */
static bool
passwd_prepare(const char *password, char prepared[SCRAM_PASSWORD_MAX])
{
	int rc = scram_prepare(password, prepared);

	if (rc != ERROR_NONE) {
		warnx("that is %s", error_text(rc));
		return false;
	}
	/* The verifier is of the prepared password, as RFC 5802 wants it. */
	if (strcmp(password, prepared) != 0)
		warnx("SASLprep changes this password, and viewers that don't"
		    " prepare theirs (spice-gtk) will not get in with it");
	return true;
}

/* A verifier is the hash of its mechanism, so each mechanism needs its own. */
static bool
passwd_make_credentials(const struct passwd *passwd, const char *prepared,
    struct credential credentials[PASSWD_MECHANISMS_MAX], size_t *count_r)
{
	size_t count = 0;

	for (; passwd->mechanisms[count] != NULL; count++) {
		const char *mechanism = passwd->mechanisms[count];
		int rc = scram_verifier_make(mechanism, prepared,
		    passwd->iterations, &credentials[count].verifier);

		credentials[count].mechanism = mechanism;
		if (rc != ERROR_NONE) {
			warnx("%s: %s", mechanism, error_text(rc));
			return false;
		}
	}
	*count_r = count;
	return true;
}

/* The password is in this function's memory alone, and is wiped at its end. */
static bool
passwd_prompt_credentials(const struct passwd *passwd,
    struct credential credentials[PASSWD_MECHANISMS_MAX], size_t *count_r)
{
	char prompt[IDENTITY_MAX + 32];
	char password[SCRAM_PASSWORD_MAX], prepared[SCRAM_PASSWORD_MAX] = "";
	bool made;

	snprintf(prompt, sizeof(prompt), "New password for %s: ",
	    passwd->user.text);
	made = password_read(prompt, true, password) &&
	    passwd_prepare(password, prepared) &&
	    passwd_make_credentials(passwd, prepared, credentials, count_r);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(prepared, sizeof(prepared));
	return made;
}

/* Proposes a command that can be pasted into a shell, whatever the name: an SQL
 * string, with its single quotes doubled, inside a shell's word. */
static void
passwd_warn_unknown_user(const struct passwd *passwd)
{
	char **parts = g_strsplit(passwd->user.text, "'", -1);
	char *name = g_strjoinv("''", parts);
	char *sql = g_strdup_printf("INSERT INTO users(name) VALUES('%s')",
	    name);
	char *path_word = cli_quote_word(passwd->path);
	char *sql_word = cli_quote_word(sql);

	warnx("no user %s in %s; add them first: sqlite3 %s %s",
	    passwd->user.text, passwd->path, path_word, sql_word);
	g_strfreev(parts);
	g_free(name);
	g_free(sql);
	g_free(path_word);
	g_free(sql_word);
}

/* Prints an error.  Returns true if rc is none. */
static bool
passwd_check_result(const struct credentials *admin,
    const struct passwd *passwd, int rc)
{
	if (rc == ERROR_NONE)
		return true;
	if (rc == ERROR_NOUSER)
		passwd_warn_unknown_user(passwd);
	else if (admin != NULL)
		warnx("%s", credentials_detail(admin));
	else
		warnx("%s", error_text(rc));
	return false;
}

/* Names the identity in full: the realm may have come from the host's name. */
static bool
passwd_print_result(const struct passwd *passwd)
{
	char *names = passwd_join_names(passwd->mechanisms);

	if (passwd->remove)
		printf("password deleted for %s\n", passwd->user.text);
	else
		printf("password set for %s (%s, %u iterations)\n",
		    passwd->user.text, names, passwd->iterations);
	g_free(names);
	return cli_flush();
}

/* Opens the policy first, so that nobody types a password that can't be stored.
 * It is not locked while the password is typed. */
static bool
passwd_change(const struct passwd *passwd)
{
	struct credential credentials[PASSWD_MECHANISMS_MAX];
	struct credentials *admin = NULL;
	size_t count = 0;
	int rc = credentials_open(&admin, passwd->path);
	bool changed;

	/* --delete stores no credentials, count is 0 then. */
	changed = passwd_check_result(admin, passwd, rc) && (passwd->remove ||
	    passwd_prompt_credentials(passwd, credentials, &count)) &&
	    passwd_check_result(admin, passwd, credentials_set(admin,
	    &passwd->user, credentials, count));
	/* Verifiers are as good as hashes of the password. */
	explicit_bzero(credentials, sizeof(credentials));
	credentials_close(&admin);
	return changed;
}

int
verb_passwd(const char *path, int argc, char **argv)
{
	const char *iterations = NULL, *realm = NULL;
	const char *mechanisms[PASSWD_MECHANISMS_MAX] = { NULL };
	struct passwd what = { .path = path };
	const struct cli_option options[] = {
		{ .name = "delete", .flag = &what.remove },
		{ .name = "iterations", .values = &iterations },
		{ .name = "mechanism", .values = mechanisms,
		    .room = PASSWD_MECHANISMS_MAX },
		{ .letter = 'r', .name = "realm", .values = &realm },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] passwd [-r REALM]"
		    " [--iterations N] [--mechanism NAME]... USER\n"
		    "       vmauthz [-d FILE] passwd [-r REALM] --delete"
		    " USER\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
		.operand = "USER",
	};
	int status, operand = cli_parse(&command, argc, argv, &status);

	if (operand < 0)
		return status;
	if (!passwd_read_options(&what, iterations, mechanisms) ||
	    !cli_identity(argv[operand], realm, &what.user))
		return CLI_USAGE;
	if (!passwd_change(&what))
		return CLI_FAILED;
	cli_warn_readable(path);
	return passwd_print_result(&what) ? EXIT_SUCCESS : CLI_FAILED;
}
