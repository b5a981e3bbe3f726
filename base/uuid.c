/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/uuid.h"

#include <string.h>

#include "base/hex.h"

bool
uuid_read(char uuid_r[UUID_LENGTH + 1], const char *text)
{
	static const char shape[] = UUID_SHAPE;
	char uuid[UUID_LENGTH + 1];

	/* the NUL of the shape is compared, too: nothing may follow */
	_Static_assert(sizeof(shape) == UUID_LENGTH + 1, "a UUID's length");
	uuid_r[0] = '\0';
	for (size_t i = 0; i < sizeof(shape); i++) {
		char c = hex_lower(text[i]);

		if (shape[i] == 'x' ? hex_value(c) < 0 : c != shape[i])
			return false;
		uuid[i] = c;
	}
	strcpy(uuid_r, uuid);
	return true;
}

bool
uuid_is_lower(const char *text)
{
	char uuid[UUID_LENGTH + 1];

	return uuid_read(uuid, text) && strcmp(uuid, text) == 0;
}
