/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/json_out.h"

#include <err.h>
#include <glib.h>
#include <stdio.h>

#include "tools/cli.h"

/* json-c returns NULL when memory runs out. */
static json_object *
json_require(json_object *value)
{
	if (value == NULL)
		errx(CLI_USAGE, "out of memory");
	return value;
}

json_object *
json_map(void)
{
	return json_require(json_object_new_object());
}

json_object *
json_list(void)
{
	return json_require(json_object_new_array());
}

/* json-c copies octets as they are, and JSON has to be UTF-8 (RFC 8259).  A
 * name in a log or on the command line may have any octets. */
json_object *
json_text(const char *text)
{
	json_object *value;
	char *valid;

	if (text == NULL)
		return NULL;
	valid = g_utf8_make_valid(text, -1);
	value = json_require(json_object_new_string(valid));
	g_free(valid);
	return value;
}

json_object *
json_number(int64_t number)
{
	return number != 0 ? json_require(json_object_new_int64(number)) : NULL;
}

/* json-c owns the value only if the call succeeds; on failure we exit. */
void
json_put(json_object *map, const char *key, json_object *value)
{
	if (json_object_object_add(map, key, value) != 0)
		json_require(NULL);	/* exits */
}

void
json_put_text(json_object *map, const char *key, const char *text)
{
	json_put(map, key, json_text(text));
}

void
json_put_bool(json_object *map, const char *key, bool value)
{
	json_put(map, key, json_require(json_object_new_boolean(value)));
}

void
json_put_number(json_object *map, const char *key, int64_t number)
{
	json_put(map, key, json_number(number));
}

void
json_append(json_object *list, json_object *value)
{
	if (json_object_array_add(list, value) != 0)
		json_require(NULL);
}

/* Slashes stay: json-c's "\/" is correct, but makes paths hard to find. */
static void
json_write(FILE *out, json_object *value, int style)
{
	const char *text = json_object_to_json_string_ext(value, style |
	    JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL)
		json_require(NULL);
	fprintf(out, "%s\n", text);
	json_object_put(value);		/* frees it and all that is in it */
}

void
json_print(json_object *value)
{
	json_write(stdout, value,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

void
json_print_line(FILE *out, json_object *value)
{
	json_write(out, value, JSON_C_TO_STRING_PLAIN);
}
