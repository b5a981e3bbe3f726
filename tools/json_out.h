/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* json-c, whose calls fail when memory runs out: these end the program
 * instead, so that what is printed is whole. */

#ifndef VMAUTHZ_TOOLS_JSON_OUT_H
#define VMAUTHZ_TOOLS_JSON_OUT_H

#include <json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

json_object *json_map(void);
json_object *json_list(void);

/* What is put somewhere belongs to it.  Text is UTF-8 or what was taken for
 * it: octets that are none become U+FFFD.  NULL becomes null. */
void json_put(json_object *map, const char *key, json_object *value);
void json_put_text(json_object *map, const char *key, const char *text);
void json_put_bool(json_object *map, const char *key, bool value);
/* 0 becomes null: no grant has that id */
void json_put_number(json_object *map, const char *key, int64_t number);
void json_append(json_object *list, json_object *value);
void json_append_text(json_object *list, const char *text);
void json_append_number(json_object *list, int64_t number);

/* Prints the value and frees it; the second, on one line. */
void json_print(json_object *value);
void json_print_line(FILE *out, json_object *value);

#endif
