/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/change.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"

/* How many columns it takes to know which row is meant. */
static const struct {
	const char *table;
	size_t columns;
} titles[] = {
	{ "credentials", 2 },
	{ "grants", 4 },		/* id, effect, who, vm */
	{ "group_members", 2 },
	{ "pool_members", 2 },
};

static size_t
title_columns(const struct policy_change *change)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (strcmp(titles[i].table, change->table) == 0 &&
		    titles[i].columns <= change->count)
			return titles[i].columns;
	}
	return change->count > 0 ? 1 : 0;
}

/* Control characters don't get to the terminal. */
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

static void
print_columns(FILE *out, const struct policy_change *change, bool new,
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

static bool
differs(const struct policy_column *column)
{
	if (column->old == NULL || column->new == NULL)
		return column->old != column->new;
	return strcmp(column->old, column->new) != 0;
}

static void
print_differences(FILE *out, const struct policy_change *change)
{
	const char *separator = ": ";

	for (size_t i = 0; i < change->count; i++) {
		const struct policy_column *column = &change->columns[i];

		if (!differs(column))
			continue;
		fprintf(out, "%s%s ", separator, column->name);
		print_value(out, column->old);
		fputs(" -> ", out);
		print_value(out, column->new);
		separator = ", ";
	}
}

void
change_print(void *context, const struct policy_change *change)
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
		print_columns(out, change, false, title_columns(change));
		print_differences(out, change);
	} else {
		print_columns(out, change, change->kind == POLICY_ROW_ADDED,
		    change->count);
	}
	putc('\n', out);
}

void
change_print_json(void *context, const struct policy_change *change)
{
	fprintf(context, "%s\n", change->json);
}
