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

enum { WORD_MAX = 255 };	/* octets of a name in a list, without NUL */

/* --- words ----------------------------------------------------------- */

/* Copies the next word of *text and advances *text past it.  Returns false at
 * the end, and for a word that is too long: *text is not at its end then. */
static bool
config_value_next_word(const char **text, char word_r[WORD_MAX + 1])
{
	size_t length;

	*text += strspn(*text, " \t");
	length = strcspn(*text, " \t");
	if (length == 0 || length > WORD_MAX)
		return false;
	memcpy(word_r, *text, length);
	word_r[length] = '\0';
	*text += length;
	return true;
}

struct choice {
	const char *word;
	int value;
};

static bool
config_value_choose(const struct choice *choices, size_t count,
    const char *word, int *value_r)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(choices[i].word, word) != 0)
			continue;
		*value_r = choices[i].value;
		return true;
	}
	return false;
}

/* --- texts ----------------------------------------------------------- */

const char *
config_value_path(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)config;
	if (value[0] != '/' || strlen(value) < min || strlen(value) > max)
		return "write a path that begins with /";
	strcpy(place, value);
	return NULL;
}

/* Stores the name in lower case, as identity_parse() makes the realms of users,
 * so that strcmp() finds them. */
const char *
config_value_realm_name(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	size_t length = strlen(value);
	char *out = place;

	(void)config;
	if (length < min || length > max ||
	    !identity_realm_valid(value, length))
		return "a realm is letters, digits, '.', '-' and '_'";
	for (size_t i = 0; i <= length; i++)
		out[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ?
		    value[i] - 'A' + 'a' : value[i]);
	return NULL;
}

/* Refuses what is no plain file name: libpam appends the service to the path of
 * pam.d, so one with a '/' would name a file elsewhere. */
const char *
config_value_service(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t length = strlen(value);

	(void)config;
	if (length < min || length > max || value[0] == '.' ||
	    strspn(value, plain) != length)
		return "write the name of a file in /etc/pam.d";
	strcpy(place, value);
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
config_value_number(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	/* static, for it is returned: one thread reads one file */
	static char remedy[80];
	unsigned long number;

	(void)config;
	if (!config_value_whole(value, max, &number) || number < min) {
		snprintf(remedy, sizeof(remedy),
		    "write a whole number from %u to %u", min, max);
		return remedy;
	}
	*(unsigned int *)place = (unsigned int)number;
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
config_value_ids(uint32_t *ids, size_t *count_r, const char *value,
    unsigned int max, bool (*find)(const char *word, unsigned long *id_r))
{
	static char remedy[WORD_MAX + 64];
	char word[WORD_MAX + 1];
	unsigned long id;

	*count_r = 0;
	while (config_value_next_word(&value, word)) {
		if (*count_r == max)
			return "too many names";
		if (!find(word, &id)) {
			snprintf(remedy, sizeof(remedy),
			    "this host has no %s", word);
			return remedy;
		}
		ids[(*count_r)++] = (uint32_t)id;
	}
	return value[0] == '\0' ? NULL : "a name is too long";
}

const char *
config_value_users(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	const char *remedy = config_value_ids(config->users,
	    &config->user_count, value, max, config_value_user_cb);

	(void)place;
	(void)min;
	/* without an account no VM could connect */
	return remedy != NULL || config->user_count != 0 ? remedy :
	    "name the account that runs QEMU";
}

const char *
config_value_groups(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)place;
	(void)min;
	return config_value_ids(config->groups, &config->group_count, value,
	    max, config_value_group_cb);
}

const char *
config_value_operators(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)place;
	(void)min;
	return config_value_ids(config->operators, &config->operator_count,
	    value, max, config_value_user_cb);
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
config_value_identify(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	struct {
		const char *word;
		bool *flag;
	} const sources[] = {
		{ "libvirt", &config->identify_libvirt },
		{ "cgroup", &config->identify_cgroup },
		{ "command-line", &config->identify_command_line },
	};
	static const char remedy[] =
	    "write one or more of libvirt, cgroup, command-line, each once";
	char word[WORD_MAX + 1];
	size_t count = 0, i;

	(void)place;
	(void)min;
	(void)max;
	for (; config_value_next_word(&value, word); count++) {
		for (i = 0; i < 3 && strcmp(sources[i].word, word) != 0; i++)
			;
		if (i == 3 || *sources[i].flag)
			return remedy;
		*sources[i].flag = true;
	}
	return count != 0 && value[0] == '\0' ? NULL : remedy;
}

const char *
config_value_audit_full(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	static const struct choice choices[] = {
		{ "refuse", CONFIG_AUDIT_FULL_REFUSE },
		{ "go-on", CONFIG_AUDIT_FULL_GO_ON },
	};
	int chosen;

	(void)place;
	(void)min;
	(void)max;
	if (!config_value_choose(choices, 2, value, &chosen))
		return "write refuse or go-on";
	config->audit_full = (enum config_audit_full)chosen;
	return NULL;
}

const char *
config_value_source(enum config_source *source_r, const char *value)
{
	static const struct choice choices[] = {
		{ "pam", CONFIG_SOURCE_PAM },
		{ "policy", CONFIG_SOURCE_POLICY },
		{ "nobody", CONFIG_SOURCE_NOBODY },
	};
	int chosen;

	if (!config_value_choose(choices, 3, value, &chosen))
		return "write pam, policy or nobody";
	*source_r = (enum config_source)chosen;
	return NULL;
}

const char *
config_value_pam_name(bool *full_name_r, const char *value)
{
	static const struct choice choices[] = {
		{ "user", false },
		{ "user@realm", true },
	};
	int chosen;

	if (!config_value_choose(choices, 2, value, &chosen))
		return "write user or user@realm";
	*full_name_r = chosen;
	return NULL;
}
