/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/identity.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"

/* Not <ctype.h>: a decision must not depend on the process's locale. */
char
identity_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
identity_is_realm_char(char c)
{
	c = identity_ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	    c == '-' || c == '_';
}

bool
identity_realm_valid(const char *realm, size_t length)
{
	if (length == 0 || length > IDENTITY_MAX - 2)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!identity_is_realm_char(realm[i]))
			return false;
	}
	return true;
}

/* In a grant '*' stands for every user and '%' begins a group; a user's name
 * must not be either.  Of the control characters NUL would end the text early,
 * and so make two names one. */
static bool
identity_name_valid(const char *name, size_t length)
{
	if (length == 0 || name[0] == ' ' || name[length - 1] == ' ')
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x20 || c == 0x7f || c == '*' || c == '%')
			return false;
	}
	return true;
}

int
identity_parse(struct identity *id_r, const char *text, size_t length,
    const char *default_realm)
{
	/* The last one: a realm can't contain '@', a name can. */
	const char *at = memrchr(text, '@', length);
	const char *realm = at != NULL ? at + 1 : default_realm;
	size_t name_length = at != NULL ? (size_t)(at - text) : length;
	size_t realm_length;
	char *out;

	memset(id_r, 0, sizeof(*id_r));
	if (realm == NULL)
		return ERROR_NAME;
	realm_length = at != NULL ? length - name_length - 1 : strlen(realm);
	if (!identity_realm_valid(realm, realm_length) ||
	    name_length > IDENTITY_MAX - 1 - realm_length ||
	    !identity_name_valid(text, name_length))
		return ERROR_NAME;

	out = id_r->text;
	memcpy(out, text, name_length);
	out += name_length;
	*out++ = '@';
	for (size_t i = 0; i < realm_length; i++)
		*out++ = identity_ascii_lower(realm[i]);
	*out = '\0';
	id_r->name_length = name_length;
	return ERROR_NONE;
}

const char *
identity_realm(const struct identity *id)
{
	return id->text + id->name_length + 1;
}

bool
identity_in_realm(const struct identity *id, const char *realm)
{
	return realm != NULL && strcasecmp(identity_realm(id), realm) == 0;
}
