/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/json_out.h"

#include <err.h>
#include <glib.h>
#include <stdio.h>

#include "tools/cli.h"

static json_object *
sure(json_object *value)
{
	if (value == NULL)
		errx(CLI_USAGE, "out of memory");
	return value;
}

json_object *
json_map(void)
{
	return sure(json_object_new_object());
}

json_object *
json_list(void)
{
	return sure(json_object_new_array());
}

/* json-c copies octets as they are. */
static json_object *
make_text(const char *text)
{
	json_object *value;
	char *valid;

	if (text == NULL)
		return NULL;
	valid = g_utf8_make_valid(text, -1);
	value = sure(json_object_new_string(valid));
	g_free(valid);
	return value;
}

void
json_put(json_object *map, const char *key, json_object *value)
{
	if (json_object_object_add(map, key, value) != 0)
		sure(NULL);
}

void
json_put_text(json_object *map, const char *key, const char *text)
{
	json_put(map, key, make_text(text));
}

void
json_put_bool(json_object *map, const char *key, bool value)
{
	json_put(map, key, sure(json_object_new_boolean(value)));
}

void
json_put_number(json_object *map, const char *key, int64_t number)
{
	json_put(map, key, number != 0 ? sure(json_object_new_int64(number)) :
	    NULL);
}

void
json_append(json_object *list, json_object *value)
{
	if (json_object_array_add(list, value) != 0)
		sure(NULL);
}

void
json_append_text(json_object *list, const char *text)
{
	json_append(list, make_text(text));
}

void
json_append_number(json_object *list, int64_t number)
{
	json_append(list, sure(json_object_new_int64(number)));
}

static void
print(FILE *out, json_object *value, int style)
{
	const char *text = json_object_to_json_string_ext(value, style |
	    JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL)
		sure(NULL);
	fprintf(out, "%s\n", text);
	json_object_put(value);
}

void
json_print(json_object *value)
{
	print(stdout, value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

void
json_print_line(FILE *out, json_object *value)
{
	print(out, value, JSON_C_TO_STRING_PLAIN);
}
