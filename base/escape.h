/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Octets that may not stand in a text, as \xNN, and back: one alphabet for the
 * log, the audit and the terminal. */

#ifndef VMAUTHZ_BASE_ESCAPE_H
#define VMAUTHZ_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What may stand as it is. */
enum escape_style {
	ESCAPE_LOG,	/* printable ASCII without " and \ */
	ESCAPE_LOG_LIST, /* neither a comma */
	ESCAPE_QUOTED,	/* printable ASCII without ": \ escapes already */
	ESCAPE_ASCII_CONTROLS,	/* all but the control characters of ASCII */
	ESCAPE_CONTROLS, /* nor those of C1, in UTF-8 */
	ESCAPE_UTF8,	/* UTF-8 without both, and without \ */
	ESCAPE_ALL,	/* nothing: for reading, any octet may be escaped */
};

enum { ESCAPE_LENGTH = 4 };	/* octets of \xNN */

/* A text on its way out; the first three are the caller's to set. */
struct escape {
	const char *text;	/* what is left, which needs no NUL */
	size_t length;		/* octets of it */
	enum escape_style style;
	size_t due;		/* of them, that are to be escaped together */
	char octet[ESCAPE_LENGTH];
};

/* The next piece: all that may stand as it is up to the next escape, or one
 * escape, which is at escape->octet.  Returns its octets, 0 at the end. */
size_t escape_piece(struct escape *escape, const char **piece_r);

/* Prints a text. */
void escape_print(FILE *out, const char *text, enum escape_style style);

/* Writes a text of at most max octets and a NUL to out (max + 1, at least 4);
 * one that is longer ends in "...", and in no half of a character or of an
 * escape before that. */
void escape_write(char *out, size_t max, const char *text,
    enum escape_style style);

/* Takes the escapes of length octets at text back, and writes the result with
 * a NUL to out (room octets), which may be text.  False if a backslash begins
 * no \xNN, that octet would not have been escaped or is NUL, or it doesn't
 * fit. */
bool escape_read(char *out, size_t room, const char *text, size_t length,
    enum escape_style style);

#endif
