/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_check.h"
#include "saslauthd-ext/config/config_value.h"

enum {
	FILE_MAX = 65536,	/* octets: all realms with all comments fit */
	CONFIG_SECTION_TEXT_MAX = IDENTITY_MAX + 16, /* "realm " and its name */
};

#define REALM_PREFIX "realm "

/* --- keys ------------------------------------------------------------ */

#define TEXT(member, largest, what) \
	what, offsetof(struct config, member), 1, largest
#define NUMBER(member, smallest, largest) \
	config_value_number, offsetof(struct config, member), smallest, largest

/* In the order of vmauthzd.conf(5).  Presets are texts and are read like the
 * file's values, so that a preset out of its own bounds fails at the start. */
static const struct key {
	const char *name;
	const char *preset;	/* default value; NULL: depends on the host */
	config_value_cb *read;
	size_t offset;
	unsigned int min, max;
} keys[] = {
	{ "policy", SYSCONFDIR "/vmauthz/policy.db",
	  TEXT(policy, PATH_MAX - 1, config_value_path) },
	{ "state", LOCALSTATEDIR "/lib/vmauthz",
	  TEXT(state, PATH_MAX - 1, config_value_path) },
	{ "default_realm", NULL,
	  TEXT(default_realm, IDENTITY_MAX, config_value_realm_name) },
	{ "pam_service", "spice",
	  TEXT(pam_service, CONFIG_SERVICE_MAX, config_value_service) },
	{ "users", NULL, config_value_users, 0, 0, CONFIG_IDS_MAX },
	{ "groups", "", config_value_groups, 0, 0, CONFIG_IDS_MAX },
	{ "operators", "root", config_value_operators, 0, 0, CONFIG_IDS_MAX },
	{ "identify", "libvirt cgroup", config_value_identify, 0, 0, 0 },
	{ "session_window", "30", NUMBER(session_window, 0, 600) },
	{ "pam_helpers", "32", NUMBER(pam_helpers, 1, 64) },
	{ "pam_helpers_per_vm", "4", NUMBER(pam_helpers_per_vm, 1, 64) },
	{ "pam_timeout", "10", NUMBER(pam_timeout, 1, 120) },
	{ "guess_limit", "5", NUMBER(guess_limit, 0, 1000) },
	{ "guess_address_limit", "20", NUMBER(guess_address_limit, 0, 10000) },
	{ "guess_forget", "900", NUMBER(guess_forget, 1, 86400) },
	{ "ticket_max", "3600", NUMBER(ticket_max, 1, 86400) },
	{ "audit_size", "64", NUMBER(audit_size, 1, 65536) },
	{ "audit_age", "90", NUMBER(audit_age, 1, 3650) },
	{ "audit_keep", "12", NUMBER(audit_keep, 0, 1000) },
	{ "audit_full", "refuse", config_value_audit_full, 0, 0, 0 },
};

enum { CONFIG_KEYS = sizeof(keys) / sizeof(keys[0]) };

/* --- a file that is being read --------------------------------------- */

struct reading {
	FILE *file;
	const char *path;
	char *error;			/* CONFIG_ERROR_MAX */
	int rc;
	struct config *config;
	unsigned int line;		/* number of the current line */
	unsigned int seen[CONFIG_KEYS];	/* line of each key, 0: none */
	char section[CONFIG_SECTION_TEXT_MAX];	/* without brackets */
	unsigned int section_line;	/* 0: in front of all sections */
	bool section_used;		/* a key was in it */
	struct config_realm *realm;	/* of the section; NULL: refused */
	bool has_source, has_pam_name;
};

/* Stores the first error alone: later ones are mostly its consequences.
 * Returns 0, which is a handler's error for inih. */
static int
config_file_fail_at(struct reading *reading, unsigned int line,
    const char *what, const char *remedy)
{
	char number[16] = "";

	if (reading->rc != ERROR_NONE)
		return 0;
	reading->rc = ERROR_VALUE;
	if (line != 0)		/* a preset has none */
		snprintf(number, sizeof(number), ":%u", line);
	snprintf(reading->error, CONFIG_ERROR_MAX, "%.200s%s: %.160s: %.120s",
	    reading->path, number, what, remedy);
	return 0;
}

static int
config_file_fail(struct reading *reading, const char *what, const char *remedy)
{
	return config_file_fail_at(reading, reading->line, what, remedy);
}

/* --- sections -------------------------------------------------------- */

/* Checks what only the end of a section shows.  pam_name can't be refused when
 * it is read: the line with passwords may come after it. */
static void
config_file_end_section(struct reading *reading)
{
	const struct config_realm *realm = reading->realm;
	const char *remedy = NULL;

	if (reading->section_line == 0)
		return;
	if (!reading->section_used)
		remedy = "a section with nothing in it: take it out";
	else if (realm != NULL && !reading->has_source)
		remedy = "it wants a line passwords = pam, policy or nobody";
	else if (realm != NULL && reading->has_pam_name &&
	    realm->source != CONFIG_SOURCE_PAM)
		remedy = "pam_name is for realms with passwords = pam";
	if (remedy != NULL)
		config_file_fail_at(reading, reading->section_line,
		    reading->section, remedy);
}

static int
config_file_begin_realm(struct reading *reading, const char *name)
{
	struct config *config = reading->config;
	struct config_realm *realm = &config->realms[config->realm_count];
	const char *remedy;

	if (config->realm_count == CONFIG_REALMS_MAX)
		return config_file_fail(reading, reading->section,
		    "too many realms");
	remedy = config_value_realm_name(&(struct config_value){
		name, realm->name, 1, IDENTITY_MAX,
	});
	if (remedy != NULL)
		return config_file_fail(reading, reading->section, remedy);
	if (config_realm(config, realm->name) != NULL)
		return config_file_fail(reading, reading->section,
		    "this realm has a section already: put its lines there");
	reading->realm = realm;
	config->realm_count++;
	return 1;
}

/* Reads a line that begins with '['.  inih reads it, too, but cuts a long name
 * at its own limit, and calls no function for a section that has no keys. */
static void
config_file_begin_section(struct reading *reading, const char *line)
{
	size_t length = strlen(line);

	config_file_end_section(reading);
	while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
		length--;
	snprintf(reading->section, sizeof(reading->section), "%.*s",
	    length > 2 ? (int)length - 2 : 0, line + 1);
	reading->section_line = reading->line;
	reading->section_used = false;
	reading->realm = NULL;
	reading->has_source = reading->has_pam_name = false;
	if (length < 3 || line[length - 1] != ']' ||
	    length - 2 >= sizeof(reading->section) ||
	    strncmp(reading->section, REALM_PREFIX,
	    strlen(REALM_PREFIX)) != 0)
		config_file_fail(reading, "section", "write [realm NAME]");
	else
		config_file_begin_realm(reading,
		    reading->section + strlen(REALM_PREFIX));
}

/* --- lines, for inih ------------------------------------------------- */

/* Whether the line has a control character other than a tab and the line's
 * end.  inih skips a vertical tab or a form feed as a blank, isspace(3), so a
 * '[' behind one would begin a section that config_file_line_cb() missed. */
static bool
config_file_has_control(const char *line)
{
	for (; *line != '\0'; line++) {
		if (((unsigned char)*line < ' ' || *line == 0x7f) &&
		    *line != '\t' && strcmp(line, "\n") != 0 &&
		    strcmp(line, "\r\n") != 0)
			return true;
	}
	return false;
}

/* Refuses a line that inih reads as something else than a person does: it skips
 * a byte order mark, reads an indented line as one more value of the key before
 * it, cuts a value at " ;" but not at " #", and reads a long line as two.
 * Returns NULL, or what to change. */
static const char *
config_file_check_line(const char *line, size_t length, bool whole)
{
	size_t margin = strspn(line, " \t");

	if (!whole)
		return "too long: 198 octets are the most";
	if (strlen(line) != length)
		return "a zero octet";
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		return "take out the byte order mark";
	if (config_file_has_control(line))
		return "take out its control character";
	if (margin != 0 && strchr("\r\n;#", line[margin]) == NULL)
		return "take out the blanks that it begins with";
	if (line[margin] != ';' && line[margin] != '#' &&
	    (strstr(line, " ;") != NULL || strstr(line, "\t;") != NULL ||
	    strstr(line, " #") != NULL || strstr(line, "\t#") != NULL))
		return "put the comment on a line of its own";
	return NULL;
}

/* Reads a line, as fgets(3): inih's reader.  fgets() returns no length, and a
 * zero octet would hide the rest of the line, so the file's position is
 * compared with the length of the text. */
static char *
config_file_line_cb(char *out, int room, void *context)
{
	struct reading *reading = context;
	const char *remedy;
	long before = ftell(reading->file);
	size_t length;

	if (reading->rc != ERROR_NONE ||
	    fgets(out, room, reading->file) == NULL)
		return NULL;
	reading->line++;
	length = (size_t)(ftell(reading->file) - before);
	remedy = config_file_check_line(out, length, feof(reading->file) ||
	    (length > 0 && out[length - 1] == '\n'));
	if (remedy != NULL) {
		config_file_fail(reading, "the line", remedy);
		return NULL;
	}
	if (out[0] == '[')
		config_file_begin_section(reading, out);
	return out;
}

static int
config_file_set_realm_key(struct reading *reading, const char *name,
    const char *value)
{
	static const char once[] = "it is there already: take one out";
	struct config_realm *realm = reading->realm;
	bool *seen = strcmp(name, "passwords") == 0 ? &reading->has_source :
	    strcmp(name, "pam_name") == 0 ? &reading->has_pam_name : NULL;
	const char *remedy;

	if (seen == NULL)
		return config_file_fail(reading, name,
		    "a realm has passwords and pam_name alone");
	if (*seen)
		return config_file_fail(reading, name, once);
	*seen = true;
	remedy = seen == &reading->has_source ?
	    config_value_source(&realm->source, value) :
	    config_value_pam_name(&realm->full_name, value);
	return remedy == NULL ? 1 : config_file_fail(reading, name, remedy);
}

static int
config_file_set_key(struct reading *reading, const struct key *key,
    const char *value)
{
	const char *remedy = key->read(&(struct config_value){
		value, (char *)reading->config + key->offset,
		key->min, key->max,
	});
	char what[CONFIG_ERROR_MAX / 2];

	if (remedy == NULL)
		return 1;
	snprintf(what, sizeof(what), "%s%s%.100s", key->name,
	    value[0] != '\0' ? ": " : "", value);
	return config_file_fail(reading, what, remedy);
}

/* Reads a KEY = VALUE line: inih's handler.  The section that inih passes may
 * be cut; reading->section is whole. */
static int
config_file_key_cb(void *context, const char *section, const char *name,
    const char *value)
{
	struct reading *reading = context;

	(void)section;
	if (reading->rc != ERROR_NONE)
		return 0;
	reading->section_used = true;
	if (reading->section_line != 0)
		return reading->realm == NULL ? 0 :
		    config_file_set_realm_key(reading, name, value);
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (reading->seen[i] != 0)
			return config_file_fail(reading, name,
			    "it is there already: take one out");
		reading->seen[i] = reading->line;
		return config_file_set_key(reading, &keys[i], value);
	}
	return config_file_fail(reading, name,
	    "no such key: see vmauthzd.conf(5)");
}

/* --- all of it ------------------------------------------------------- */

/* Sets what the file does not mention.  A file with no realm gets one, the
 * default realm with the policy's verifiers: a fresh installation lets nobody
 * in by an account of the host's. */
static void
config_file_set_presets(struct reading *reading)
{
	reading->line = 0;
	for (size_t i = 0; i < CONFIG_KEYS && reading->rc == ERROR_NONE; i++) {
		if (reading->seen[i] != 0)
			continue;
		config_file_set_key(reading, &keys[i], keys[i].preset != NULL ?
		    keys[i].preset : config_value_preset(keys[i].read));
	}
	if (reading->config->realm_count == 0) {
		struct config_realm *realm = &reading->config->realms[0];

		strcpy(realm->name, reading->config->default_realm);
		realm->source = CONFIG_SOURCE_POLICY;
		reading->config->realm_count = 1;
	}
}

/* Refuses two realms that give PAM the bare name: alice@one and alice@two would
 * be the same account, so either realm's users could log in as the other's. */
static void
config_file_check_realms(struct reading *reading)
{
	const struct config *config = reading->config;
	size_t bare = 0;

	for (size_t i = 0; i < config->realm_count; i++)
		bare += config->realms[i].source == CONFIG_SOURCE_PAM &&
		    !config->realms[i].full_name;
	if (bare > 1)
		config_file_fail(reading, "passwords = pam", "in one realm "
		    "alone PAM may get the name without it: write pam_name = "
		    "user@realm in the others");
}

/* The realms are checked last, since the file's order of sections is free. */
static void
config_file_read(struct reading *reading)
{
	int line = ini_parse_stream(config_file_line_cb, reading,
	    config_file_key_cb, reading);

	if (reading->rc == ERROR_NONE && line > 0)
		config_file_fail_at(reading, (unsigned int)line, "the line",
		    "write KEY = VALUE");
	else if (reading->rc == ERROR_NONE && (line < 0 ||
	    ferror(reading->file)))
		config_file_fail(reading, "the file", "it can't be read");
	config_file_end_section(reading);
	if (reading->rc == ERROR_NONE)
		config_file_set_presets(reading);
	if (reading->rc == ERROR_NONE)
		config_file_check_realms(reading);
}

/* Opens the file and checks what was opened, not the path: the path may lead to
 * another file a moment later.  A file that other accounts may write to is
 * refused, for it says which accounts connect as a VM. */
static FILE *
config_file_open(const char *path, char error[CONFIG_ERROR_MAX])
{
	static const char *const remedies[FILE_VERDICTS] = {
		[FILE_WRONG_TYPE] = "it is no file",
		[FILE_WRONG_OWNER] =
		    "it belongs to neither root nor you: run chown root",
		[FILE_WRONG_MODE] =
		    "others may write to it: run chmod go-w",
	};
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.or_root = true,
		.denied = S_IWGRP | S_IWOTH,
	};
	enum file_verdict verdict;
	struct stat st;
	int fd = file_open(AT_FDCWD, path, O_RDONLY, &rule, &st, &verdict);
	const char *remedy = verdict == FILE_UNSEEN ? strerror(errno) :
	    remedies[verdict];
	FILE *file;

	if (verdict == FILE_TRUSTED && st.st_size > FILE_MAX)
		remedy = "it is longer than 64 KiB";
	file = remedy == NULL ? fdopen(fd, "r") : NULL;
	if (file == NULL && fd >= 0)
		close(fd);
	if (file == NULL)
		snprintf(error, CONFIG_ERROR_MAX, "%.300s: %s", path,
		    remedy != NULL ? remedy : "out of memory");
	return file;
}

int
config_file_load(struct config **config_r, const char *path,
    char error[CONFIG_ERROR_MAX])
{
	struct reading reading = { .path = path, .error = error };

	*config_r = NULL;
	error[0] = '\0';
	reading.file = config_file_open(path, error);
	if (reading.file == NULL)
		return ERROR_ACCESS;
	reading.config = calloc(1, sizeof(*reading.config));
	if (reading.config == NULL) {
		snprintf(error, CONFIG_ERROR_MAX, "out of memory");
		reading.rc = ERROR_MEMORY;
	} else {
		config_file_read(&reading);
	}
	fclose(reading.file);
	if (reading.rc == ERROR_NONE)
		*config_r = reading.config;
	else
		free(reading.config);
	return reading.rc;
}
