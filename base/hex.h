/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Octets as hexadecimal digits: fingerprints, escapes, identifiers. */

#ifndef VMAUTHZ_BASE_HEX_H
#define VMAUTHZ_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* The value of a digit in lower case; -1 for any other character. */
int hex_value(char c);

/* A digit in lower case; any other character is returned unchanged. */
char hex_lower(char c);

/* Writes 2 * size digits in lower case and a NUL. */
void hex_write(char *out, const unsigned char *octets, size_t size);

/* Writes them as "openssl x509 -fingerprint" does: in upper case, with a colon
 * between octets; 3 * size octets with the NUL; size is at least 1. */
void hex_write_colons(char *out, const unsigned char *octets, size_t size);

/* Reads text, which has to be exactly size octets as hex_write() writes them,
 * to octets_r, which may overlap text.  False if it is anything else, shorter
 * texts included; octets_r is then undefined. */
bool hex_read(unsigned char *octets_r, size_t size, const char *text);

/* The same for what an administrator writes: digits of either case, with a
 * colon between all octets or none. */
bool hex_read_colons(unsigned char *octets_r, size_t size, const char *text);

#endif
