/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the fuzzers share: libFuzzer's entry point, and the input as a
 * string. */

#ifndef VMAUTHZ_TESTS_FUZZ_FUZZ_H
#define VMAUTHZ_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold, whatever the input. */
#define HOLDS(condition) do { if (!(condition)) abort(); } while (0)

/* A copy of the input up to its first NUL, to be freed.  One that is just as
 * long as it has to be, so that reading on shows. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	size_t length = size != 0 ? strnlen((const char *)data, size) : 0;
	char *text = malloc(length + 1);

	HOLDS(text != NULL);
	if (length != 0)
		memcpy(text, data, length);
	text[length] = '\0';
	return text;
}

/* The part of text behind its first newline, which is cut off; "" if it has
 * none. */
static inline char *
fuzz_second(char *text)
{
	char *newline = strchr(text, '\n');

	if (newline == NULL)
		return text + strlen(text);
	*newline = '\0';
	return newline + 1;
}

#endif
