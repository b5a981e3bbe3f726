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

enum {
	WORD_MAX = 255,
};

/* --- words ---------------------------------------------------------------------- */

/* Cuts the next word off *text; false at its end, or if it is too long. */
static bool
next_word(const char **text, char word_r[WORD_MAX + 1])
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
choose(const struct choice *choices, size_t count, const char *word,
    int *value_r)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(choices[i].word, word) != 0)
			continue;
		*value_r = choices[i].value;
		return true;
	}
	return false;
}

/* --- texts ---------------------------------------------------------------------- */

const char *
config_path(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)config;
	if (value[0] != '/' || strlen(value) < min || strlen(value) > max)
		return "write a path that begins with /";
	strcpy(place, value);
	return NULL;
}

const char *
config_realm_name(struct config *config, void *place, const char *value,
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

/* A file's name in pam.d, so no path. */
const char *
config_service(struct config *config, void *place, const char *value,
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

/* --- numbers -------------------------------------------------------------------- */

static bool
whole_number(const char *text, unsigned long max, unsigned long *value_r)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value_r = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *value_r <= max;
}

const char *
config_number(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	static char remedy[80];
	unsigned long number;

	(void)config;
	if (!whole_number(value, max, &number) || number < min) {
		snprintf(remedy, sizeof(remedy),
		    "write a whole number from %u to %u", min, max);
		return remedy;
	}
	*(unsigned int *)place = (unsigned int)number;
	return NULL;
}

/* --- accounts ------------------------------------------------------------------- */

static bool
find_user(const char *word, unsigned long *id_r)
{
	const struct passwd *account = getpwnam(word);

	if (account != NULL)
		*id_r = account->pw_uid;
	return account != NULL || whole_number(word, UINT32_MAX - 1UL, id_r);
}

static bool
find_group(const char *word, unsigned long *id_r)
{
	const struct group *group = getgrnam(word);

	if (group != NULL)
		*id_r = group->gr_gid;
	return group != NULL || whole_number(word, UINT32_MAX - 1UL, id_r);
}

/* uid_t and gid_t are the same on Linux. */
static const char *
take_ids(uint32_t *ids, size_t *count_r, const char *value, unsigned int max,
    bool (*find)(const char *word, unsigned long *id_r))
{
	static char remedy[WORD_MAX + 64];
	char word[WORD_MAX + 1];
	unsigned long id;

	for (*count_r = 0; next_word(&value, word); ids[(*count_r)++] =
	    (uint32_t)id) {
		if (*count_r == max)
			return "too many names";
		if (!find(word, &id)) {
			snprintf(remedy, sizeof(remedy),
			    "this host has no %s", word);
			return remedy;
		}
	}
	return value[0] == '\0' ? NULL : "a name is too long";
}

const char *
config_users(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	const char *remedy = take_ids(config->users, &config->user_count,
	    value, max, find_user);

	(void)place;
	(void)min;
	return remedy != NULL || config->user_count != 0 ? remedy :
	    "name the account that runs QEMU";
}

const char *
config_groups(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)place;
	(void)min;
	return take_ids(config->groups, &config->group_count, value, max,
	    find_group);
}

const char *
config_operators(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	(void)place;
	(void)min;
	return take_ids(config->operators, &config->operator_count, value, max,
	    find_user);
}

/* Debian's account, or the others'. */
static const char *
qemu_account(void)
{
	static const char *const names[] = { "libvirt-qemu", "qemu" };

	for (size_t i = 0; i < 2; i++) {
		if (getpwnam(names[i]) != NULL)
			return names[i];
	}
	return "";
}

static const char *
host_name(void)
{
	static char host[IDENTITY_MAX + 1];

	if (gethostname(host, sizeof(host) - 1) != 0)
		return "";
	return host;
}

const char *
config_preset(config_take *take)
{
	return take == config_users ? qemu_account() : host_name();
}

/* --- choices -------------------------------------------------------------------- */

const char *
config_identify(struct config *config, void *place, const char *value,
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
	for (; next_word(&value, word); count++) {
		for (i = 0; i < 3 && strcmp(sources[i].word, word) != 0; i++)
			;
		if (i == 3 || *sources[i].flag)
			return remedy;
		*sources[i].flag = true;
	}
	return count != 0 && value[0] == '\0' ? NULL : remedy;
}

const char *
config_audit_full(struct config *config, void *place, const char *value,
    unsigned int min, unsigned int max)
{
	static const struct choice choices[] = {
		{ "refuse", AUDIT_FULL_REFUSE },
		{ "go-on", AUDIT_FULL_GO_ON },
	};
	int chosen;

	(void)place;
	(void)min;
	(void)max;
	if (!choose(choices, 2, value, &chosen))
		return "write refuse or go-on";
	config->audit_full = (enum config_audit_full)chosen;
	return NULL;
}

const char *
config_source(enum config_source *source_r, const char *value)
{
	static const struct choice choices[] = {
		{ "pam", SOURCE_PAM },
		{ "policy", SOURCE_POLICY },
		{ "nobody", SOURCE_NOBODY },
	};
	int chosen;

	if (!choose(choices, 3, value, &chosen))
		return "write pam, policy or nobody";
	*source_r = (enum config_source)chosen;
	return NULL;
}

const char *
config_pam_name(bool *full_name_r, const char *value)
{
	static const struct choice choices[] = {
		{ "user", false },
		{ "user@realm", true },
	};
	int chosen;

	if (!choose(choices, 2, value, &chosen))
		return "write user or user@realm";
	*full_name_r = chosen;
	return NULL;
}
