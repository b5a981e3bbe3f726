/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/config/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_WORD_MAX = 255 };	/* octets of a name in a list, without NUL */

/* --- words ----------------------------------------------------------- */

/* Copies the next word of *text and advances *text past it.  Returns false at
 * the end, and for a word that is too long: *text is not at its end then. */
static bool
config_value_next_word(const char **text, char word_r[CONFIG_WORD_MAX + 1])
{
	size_t length;

	*text += strspn(*text, " \t");
	length = strcspn(*text, " \t");
	if (length == 0 || length > CONFIG_WORD_MAX)
		return false;
	memcpy(word_r, *text, length);
	word_r[length] = '\0';
	*text += length;
	return true;
}

/* Returns the index of a word in a list that ends in NULL, or -1. */
static int
config_value_choose(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

/* --- texts ----------------------------------------------------------- */

const char *
config_value_path(const struct config_value *value)
{
	if (value->text[0] != '/' || strlen(value->text) > value->max)
		return "write a path that begins with /";
	strcpy(value->place, value->text);
	return NULL;
}

/* Stores the name in lower case, as identity_parse() makes the realms of users,
 * so that strcmp() finds them. */
const char *
config_value_realm_name(const struct config_value *value)
{
	const char *text = value->text;
	size_t length = strlen(text);
	char *out = value->place;

	if (length < value->min || length > value->max ||
	    !identity_realm_valid(text, length))
		return "a realm is letters, digits, '.', '-' and '_'";
	for (size_t i = 0; i <= length; i++)
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ?
		    text[i] - 'A' + 'a' : text[i]);
	return NULL;
}

const char *
config_value_service(const struct config_value *value)
{
	if (!config_is_service(value->text))
		return "write the name of a file in /etc/pam.d";
	strcpy(value->place, value->text);
	return NULL;
}

/* --- numbers --------------------------------------------------------- */

/* Whether text is a whole decimal number up to max.  strtoul(3) alone would
 * accept blanks and a sign, and "-1" as a very large number. */
static bool
config_value_whole(const char *text, unsigned long max, unsigned long *value_r)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value_r = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *value_r <= max;
}

const char *
config_value_number(const struct config_value *value)
{
	/* static, for it is returned: one thread reads one file */
	static char remedy[80];
	unsigned long number;

	if (!config_value_whole(value->text, value->max, &number) ||
	    number < value->min) {
		snprintf(remedy, sizeof(remedy), "write a whole number from %u"
		    " to %u", value->min, value->max);
		return remedy;
	}
	*(unsigned int *)value->place = (unsigned int)number;
	return NULL;
}

/* --- accounts -------------------------------------------------------- */

/* A name comes before a number, as in chown(1).  The largest number is no id:
 * (uid_t)-1 and (gid_t)-1 mean "no change" to setresuid(2) and chown(2). */
static bool
config_value_user_cb(const char *word, unsigned long *id_r)
{
	const struct passwd *account = getpwnam(word);

	if (account != NULL)
		*id_r = account->pw_uid;
	return account != NULL ||
	    config_value_whole(word, UINT32_MAX - 1UL, id_r);
}

static bool
config_value_group_cb(const char *word, unsigned long *id_r)
{
	const struct group *group = getgrnam(word);

	if (group != NULL)
		*id_r = group->gr_gid;
	return group != NULL ||
	    config_value_whole(word, UINT32_MAX - 1UL, id_r);
}

/* Reads the ids of a list of names.  uid_t and gid_t are both uint32_t on
 * Linux, so one function serves both. */
static const char *
config_value_ids(const struct config_value *value, uint32_t *ids,
    size_t *count_r, bool (*find)(const char *word, unsigned long *id_r))
{
	static char remedy[CONFIG_WORD_MAX + 64];
	const char *rest = value->text;
	char word[CONFIG_WORD_MAX + 1];
	unsigned long id;

	*count_r = 0;
	while (config_value_next_word(&rest, word)) {
		if (*count_r == value->max)
			return "too many names";
		if (!find(word, &id)) {
			snprintf(remedy, sizeof(remedy),
			    "this host has no %s", word);
			return remedy;
		}
		ids[(*count_r)++] = (uint32_t)id;
	}
	return rest[0] == '\0' ? NULL : "a name is too long";
}

const char *
config_value_users(const struct config_value *value)
{
	struct config *config = value->place;
	const char *remedy = config_value_ids(value, config->users,
	    &config->user_count, config_value_user_cb);

	/* without an account no VM could connect */
	return remedy != NULL || config->user_count != 0 ? remedy :
	    "name the account that runs QEMU";
}

const char *
config_value_groups(const struct config_value *value)
{
	struct config *config = value->place;

	return config_value_ids(value, config->groups, &config->group_count,
	    config_value_group_cb);
}

const char *
config_value_operators(const struct config_value *value)
{
	struct config *config = value->place;

	return config_value_ids(value, config->operators,
	    &config->operator_count, config_value_user_cb);
}

/* The account that runs libvirt's VMs: Debian's name first, then that of Fedora
 * and RHEL.  A host has one of the two. */
static const char *
config_value_qemu_account(void)
{
	static const char *const names[] = { "libvirt-qemu", "qemu" };

	for (size_t i = 0; i < 2; i++) {
		if (getpwnam(names[i]) != NULL)
			return names[i];
	}
	return "";
}

static const char *
config_value_host_name(void)
{
	static char host[IDENTITY_MAX + 1];

	if (gethostname(host, sizeof(host) - 1) != 0)
		return "";
	return host;
}

const char *
config_value_preset(config_value_cb *kind)
{
	return kind == config_value_users ? config_value_qemu_account() :
	    config_value_host_name();
}

/* --- choices --------------------------------------------------------- */

const char *
config_value_identify(const struct config_value *value)
{
	static const char *const words[] = {
		"libvirt", "cgroup", "command-line", NULL,
	};
	static const char remedy[] =
	    "write one or more of libvirt, cgroup, command-line, each once";
	struct config *config = value->place;
	bool *const flags[] = {
		&config->identify_libvirt,
		&config->identify_cgroup,
		&config->identify_command_line,
	};
	const char *rest = value->text;
	char word[CONFIG_WORD_MAX + 1];
	size_t count = 0;
	int i;

	for (; config_value_next_word(&rest, word); count++) {
		i = config_value_choose(words, word);
		if (i < 0 || *flags[i])
			return remedy;
		*flags[i] = true;
	}
	return count != 0 && rest[0] == '\0' ? NULL : remedy;
}

const char *
config_value_audit_full(const struct config_value *value)
{
	static const char *const words[] = {
		[CONFIG_AUDIT_FULL_REFUSE] = "refuse",
		[CONFIG_AUDIT_FULL_GO_ON] = "go-on",
		NULL,
	};
	struct config *config = value->place;
	int chosen = config_value_choose(words, value->text);

	if (chosen < 0)
		return "write refuse or go-on";
	config->audit_full = (enum config_audit_full)chosen;
	return NULL;
}

const char *
config_value_source(enum config_source *source_r, const char *value)
{
	static const char *const words[] = {
		[CONFIG_SOURCE_NOBODY] = "nobody",
		[CONFIG_SOURCE_PAM] = "pam",
		[CONFIG_SOURCE_POLICY] = "policy",
		NULL,
	};
	int chosen = config_value_choose(words, value);

	if (chosen < 0)
		return "write pam, policy or nobody";
	*source_r = (enum config_source)chosen;
	return NULL;
}

const char *
config_value_pam_name(bool *full_name_r, const char *value)
{
	*full_name_r = strcmp(value, "user@realm") == 0;
	return *full_name_r || strcmp(value, "user") == 0 ? NULL :
	    "write user or user@realm";
}
