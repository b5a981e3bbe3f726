/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Makes and prints JSON with json-c.  Where json-c fails because memory ran out
 * these functions exit with status CLI_USAGE, so that no incomplete JSON is
 * printed. */

#ifndef VMAUTHZ_TOOLS_JSON_OUT_H
#define VMAUTHZ_TOOLS_JSON_OUT_H

#include <json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

json_object *json_map(void);
json_object *json_list(void);

/* Text has any octets: those that are not UTF-8 become U+FFFD.  NULL becomes
 * null. */
json_object *json_text(const char *text);
/* 0 becomes null: it stands for a number that is not known, and no grant has
 * the id 0. */
json_object *json_number(int64_t number);

/* A map or list owns the values that are put into it. */
void json_put(json_object *map, const char *key, json_object *value);
void json_put_text(json_object *map, const char *key, const char *text);
void json_put_bool(json_object *map, const char *key, bool value);
void json_put_number(json_object *map, const char *key, int64_t number);
void json_append(json_object *list, json_object *value);

/* Print the value and free it: on standard output, indented; or on one line. */
void json_print(json_object *value);
void json_print_line(FILE *out, json_object *value);

#endif
