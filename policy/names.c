/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/names.h"

#include <string.h>

int
names_add(struct names *names, struct database *database, const char *prefix,
    const char *name)
{
	char *text = names->text[names->count];
	size_t prefix_length = strlen(prefix), length = strlen(name);

	if (names->count == NAMES_MAX)
		return database_fail(database, ERROR_VALUE,
		    "a user or a VM is in more than 200 groups or pools");
	if (prefix_length + length >= NAMES_ROOM)
		return database_fail(database, ERROR_VALUE,
		    "the name of a group or a pool is too long");
	/* one that is there already is overwritten by the next one */
	memcpy(text, prefix, prefix_length);
	memcpy(text + prefix_length, name, length + 1);
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->text[i], text) == 0)
			return ERROR_NONE;
	}
	names->count++;
	return ERROR_NONE;
}

int
names_add_sets(struct names *names, struct database *database,
    sqlite3_stmt *statement)
{
	int rc, added = ERROR_NONE;

	while (added == ERROR_NONE &&
	    (rc = database_step(database, statement)) == SQLITE_ROW) {
		const char *name =
		    (const char *)sqlite3_column_text(statement, 0);

		if (name != NULL)
			added = names_add(names, database, "%", name);
	}
	sqlite3_reset(statement);
	if (added != ERROR_NONE)
		return added;
	return rc < 0 ? rc : ERROR_NONE;
}
