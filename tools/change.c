/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/change.h"

#include <stdbool.h>
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

/* How many columns come before the colon of a changed row: none of a history
 * row without columns, which a hand-made one can be. */
static size_t
change_key_columns(const struct policy_change *change)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].table, change->table) == 0 &&
		    keys[i].columns <= change->count)
			return keys[i].columns;
	}
	return change->count > 0 ? 1 : 0;
}

/* Escapes control characters, which must not reach the terminal; a quote and a
 * backslash of the value get a backslash. */
static void
change_print_quoted(FILE *out, const char *text)
{
	struct escape escape = { text, strlen(text), ESCAPE_CONTROLS, 0, "" };
	const char *piece;
	size_t size;

	putc('"', out);
	while ((size = escape_piece(&escape, &piece)) != 0) {
		for (size_t i = 0; i < size; i++) {
			if (piece != escape.octet &&
			    (piece[i] == '"' || piece[i] == '\\'))
				putc('\\', out);
			putc(piece[i], out);
		}
	}
	putc('"', out);
}

/* A plain value stands without quotes.  The text "none" gets them, as none is
 * NULL. */
static void
print_value(FILE *out, const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-./:@_%*?";

	if (value == NULL) {
		fputs("none", out);
		return;
	}
	if (value[0] != '\0' && value[strspn(value, plain)] == '\0' &&
	    strcmp(value, "none") != 0) {
		fputs(value, out);
		return;
	}
	change_print_quoted(out, value);
}

/* Columns without a value are left out: a grant sets few of its conditions. */
static void
change_print_columns(FILE *out, const struct policy_change *change, bool new,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct policy_column *column = &change->columns[i];
		const char *value = new ? column->new : column->old;

		if (value == NULL)
			continue;
		fprintf(out, " %s=", column->name);
		print_value(out, value);
	}
}

/* NULL and "" are different values in SQL. */
static bool
change_column_differs(const struct policy_column *column)
{
	if (column->old == NULL || column->new == NULL)
		return column->old != column->new;
	return strcmp(column->old, column->new) != 0;
}

/* Columns that stayed are left out, as most of a grant does. */
static void
change_print_differences(FILE *out, const struct policy_change *change)
{
	const char *separator = ": ";

	for (size_t i = 0; i < change->count; i++) {
		const struct policy_column *column = &change->columns[i];

		if (!change_column_differs(column))
			continue;
		fprintf(out, "%s%s ", separator, column->name);
		print_value(out, column->old);
		fputs(" -> ", out);
		print_value(out, column->new);
		separator = ", ";
	}
}

/* Revision, time and table have fixed widths, so that the rows line up. */
void
change_print_cb(void *context, const struct policy_change *change)
{
	static const char *const words[] = {
		[POLICY_ROW_ADDED] = "added",
		[POLICY_ROW_CHANGED] = "changed",
		[POLICY_ROW_REMOVED] = "removed",
	};
	FILE *out = context;

	fprintf(out, "%6lld  %s  %-13s  %s", (long long)change->revision,
	    change->time, change->table, words[change->kind]);
	if (change->kind == POLICY_ROW_CHANGED) {
		/* The key as it was before, which may be what differs. */
		change_print_columns(out, change, false,
		    change_key_columns(change));
		change_print_differences(out, change);
	} else {
		change_print_columns(out, change,
		    change->kind == POLICY_ROW_ADDED, change->count);
	}
	putc('\n', out);
}

void
change_print_json_cb(void *context, const struct policy_change *change)
{
	fprintf(context, "%s\n", change->json);
}
