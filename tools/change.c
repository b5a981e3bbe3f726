/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/change.h"

#include <glib.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

/* Tables whose rows need more than the first column to be recognized: how many
 * it takes.  A grant's number is its key, but says nothing to a person. */
static const struct {
	const char *table;
	size_t columns;
} keys[] = {
	{ "credentials", 2 },
	{ "grants", 4 },		/* id, effect, who, vm */
	{ "group_members", 2 },
	{ "pool_members", 2 },
};

/* How many columns come before the colon of a changed row. */
static size_t
change_key_columns(const char *table)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].table, table) == 0)
			return keys[i].columns;
	}
	return 1;
}

/* NULL: NULL in SQL, no such column or no row. */
static const char *
change_value(json_object *row, const char *column)
{
	return json_object_get_string(json_object_object_get(row, column));
}

/* Escapes control characters, which must not reach the terminal; a quote and a
 * backslash of the value get a backslash. */
static void
change_print_quoted(const char *text)
{
	struct escape escape = { text, strlen(text), ESCAPE_CONTROLS, 0, "" };
	const char *piece;
	size_t size;

	putchar('"');
	while ((size = escape_piece(&escape, &piece)) != 0) {
		for (size_t i = 0; i < size; i++) {
			if (piece != escape.octet &&
			    (piece[i] == '"' || piece[i] == '\\'))
				putchar('\\');
			putchar(piece[i]);
		}
	}
	putchar('"');
}

/* A plain value stands without quotes.  The text "none" gets them, as none is
 * NULL. */
static void
change_print_value(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-./:@_%*?";

	if (value == NULL)
		fputs("none", stdout);
	else if (value[0] != '\0' && value[strspn(value, plain)] == '\0' &&
	    strcmp(value, "none") != 0)
		fputs(value, stdout);
	else
		change_print_quoted(value);
}

/* Prints the first count columns.  Those without a value are left out: a grant
 * sets few of its conditions. */
static void
change_print_columns(json_object *row, size_t count)
{
	struct json_object_iter column;

	json_object_object_foreachC(row, column) {
		if (count-- == 0)
			break;
		if (column.val == NULL)
			continue;
		printf(" %s=", column.key);
		change_print_value(json_object_get_string(column.val));
	}
}

/* Columns that stayed are left out, as most of a grant does. */
static void
change_print_differences(json_object *old, json_object *new)
{
	const char *separator = ": ";
	struct json_object_iter column;

	json_object_object_foreachC(new, column) {
		const char *before = change_value(old, column.key);
		const char *after = json_object_get_string(column.val);

		/* NULL and "" are different values in SQL. */
		if (g_strcmp0(before, after) == 0)
			continue;
		printf("%s%s ", separator, column.key);
		change_print_value(before);
		fputs(" -> ", stdout);
		change_print_value(after);
		separator = ", ";
	}
}

/* Revision, time and table have fixed widths, so that the rows line up. */
static void
change_print_row(json_object *change, json_object *old, json_object *new)
{
	const char *table = change_value(change, "table");

	printf("%6" PRId64 "  %s  %-13s  %s", json_object_get_int64(
	    json_object_object_get(change, "revision")),
	    change_value(change, "time"), table, old == NULL ? "added" :
	    new == NULL ? "removed" : "changed");
	if (old != NULL && new != NULL) {
		/* The key as it was before, which may be what differs. */
		change_print_columns(old, change_key_columns(table));
		change_print_differences(old, new);
	} else {
		change_print_columns(old != NULL ? old : new, SIZE_MAX);
	}
}

static bool
change_is_row(json_object *row)
{
	return row == NULL || json_object_is_type(row, json_type_object);
}

/* The history takes rows that somebody inserts by hand: those of another shape,
 * or nested deeper than json-c parses, are printed as they are. */
void
change_print(const char *change)
{
	json_object *parsed = json_tokener_parse(change);
	json_object *old = json_object_object_get(parsed, "old");
	json_object *new = json_object_object_get(parsed, "new");

	if (change_is_row(old) && change_is_row(new) && old != new)
		change_print_row(parsed, old, new);
	else
		escape_print(stdout, change, ESCAPE_CONTROLS);
	putchar('\n');
	json_object_put(parsed);
}
