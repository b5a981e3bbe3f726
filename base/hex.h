/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Octets as hexadecimal digits: fingerprints, escapes, identifiers. */

#ifndef VMAUTHZ_BASE_HEX_H
#define VMAUTHZ_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* The value of a digit, of lower case as we write it; -1 if it is none. */
int hex_value(char c);

/* The same digit in lower case; what is no digit stays. */
char hex_lower(char c);

/* Writes 2 * size digits of lower case and a NUL. */
void hex_write(char *out, const unsigned char *octets, size_t size);

/* Writes them as certificate tools do: upper case, a colon between octets;
 * 3 * size octets with the NUL, size at least 1. */
void hex_write_colons(char *out, const unsigned char *octets, size_t size);

/* Reads exactly size octets, as hex_write() writes them.  False if the text,
 * which may end early, is anything else; octets_r is then of no use. */
bool hex_read(unsigned char *octets_r, size_t size, const char *text);

/* The same as people write them: digits of either case, with a colon between
 * all octets or none. */
bool hex_read_colons(unsigned char *octets_r, size_t size, const char *text);

#endif
