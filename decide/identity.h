/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A user as the policy knows them: name@realm in one canonical form.
 * identity_parse() is the only constructor, so every struct identity has been
 * checked, and two of them are the same user if their text is the same. */

#ifndef VMAUTHZ_DECIDE_IDENTITY_H
#define VMAUTHZ_DECIDE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

/* octets of name@realm, without the NUL */
enum { IDENTITY_MAX = 255 };

struct identity {
	char text[IDENTITY_MAX + 1];	/* "name@realm", NUL terminated */
	size_t name_length;		/* octets before the last '@' */
};

/* Brings length octets at text into canonical form: the last '@' splits, the
 * realm is folded to lower case, a name without '@' gets default_realm.
 * A name has no control characters, no '*' or '%' and no outer spaces; a
 * realm is letters, digits, '.', '-' and '_'; neither is empty.
 * Too long is an error, never a cut.  Returns 0, or ERROR_NAME with
 * *id_r cleared. */
int identity_parse(struct identity *id_r, const char *text, size_t length,
    const char *default_realm);

/* The realm, as a pointer into id. */
const char *identity_realm(const struct identity *id);

/* Whether the realm is the given one, ASCII case ignored. */
bool identity_in_realm(const struct identity *id, const char *realm);

/* The lower case of an ASCII letter; every other octet as it is. */
char identity_ascii_lower(char c);

/* Whether length octets at realm can be a realm (see identity_parse). */
bool identity_realm_valid(const char *realm, size_t length);

#endif
