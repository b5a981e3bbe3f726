/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/hex.h"

#include <string.h>

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

/* Lower case alone, as we write it: an octet then has one escape.  strtoul(3)
 * would also accept a sign, blanks and "0x". */
int
hex_value(char c)
{
	const char *at = c != '\0' ? strchr(lower_digits, c) : NULL;

	return at != NULL ? (int)(at - lower_digits) : -1;
}

char
hex_lower(char c)
{
	return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

void
hex_write(char *out, const unsigned char *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		*out++ = lower_digits[octets[i] >> 4];
		*out++ = lower_digits[octets[i] & 15];
	}
	*out = '\0';
}

void
hex_write_colons(char *out, const unsigned char *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		*out++ = upper_digits[octets[i] >> 4];
		*out++ = upper_digits[octets[i] & 15];
		*out++ = i + 1 < size ? ':' : '\0';
	}
}

/* text[1] is read only behind a digit, so never behind the end of the text. */
static bool
hex_read_octet(unsigned char *octet_r, const char *text)
{
	int high = hex_value(text[0]);
	int low = high >= 0 ? hex_value(text[1]) : -1;

	*octet_r = low >= 0 ? (unsigned char)(high << 4 | low) : 0;
	return low >= 0;
}

bool
hex_read(unsigned char *octets_r, size_t size, const char *text)
{
	for (size_t i = 0; i < size; i++, text += 2) {
		if (!hex_read_octet(&octets_r[i], text))
			return false;
	}
	return *text == '\0';
}

bool
hex_read_colons(unsigned char *octets_r, size_t size, const char *text)
{
	bool colons = strchr(text, ':') != NULL;

	for (size_t i = 0; i < size; i++, text += 2) {
		char digits[2];

		if (colons && i != 0 && *text++ != ':')
			return false;
		digits[0] = hex_lower(text[0]);
		digits[1] = text[0] != '\0' ? hex_lower(text[1]) : '\0';
		if (!hex_read_octet(&octets_r[i], digits))
			return false;
	}
	return *text == '\0';
}
