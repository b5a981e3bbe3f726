/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* UUIDs as text: 8-4-4-4-12 hexadecimal digits. */

#ifndef VMAUTHZ_BASE_UUID_H
#define VMAUTHZ_BASE_UUID_H

#include <stdbool.h>

enum { UUID_LENGTH = 36 };	/* octets of the text, without NUL */

#define UUID_SHAPE "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

/* Writes text, a UUID in either case, to uuid_r in lower case, as the policy
 * stores it.  False if text is not a UUID; uuid_r is then "". */
bool uuid_read(char uuid_r[UUID_LENGTH + 1], const char *text);

/* Whether text is a UUID in lower case. */
bool uuid_is_lower(const char *text);

#endif
