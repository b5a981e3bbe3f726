/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Texts from outside with the octets that could forge a line or drive a
 * terminal written as \xNN, and back.  The log, the audit and the terminal
 * share this one form. */

#ifndef VMAUTHZ_BASE_ESCAPE_H
#define VMAUTHZ_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is written as it is; every other octet is escaped. */
enum escape_style {
	ESCAPE_LOG,		/* printable ASCII but " and \ */
	ESCAPE_LOG_LIST,	/* printable ASCII but " and \ and , */
	ESCAPE_QUOTED,		/* printable ASCII but ": for text that has
				 * been escaped before */
	ESCAPE_CONTROLS,	/* all but the control characters of ASCII and,
				 * in UTF-8, those of C1 */
	ESCAPE_UTF8,		/* well-formed UTF-8 but both, and but \ */
	ESCAPE_ALL,		/* nothing; for escape_read(), which then
				 * accepts the escape of any octet */
};

enum { ESCAPE_LENGTH = 4 };	/* octets of \xNN */

/* A text that is being escaped; the caller sets the first three members. */
struct escape {
	const char *text;	/* what is left, which needs no NUL */
	size_t length;		/* octets of it */
	enum escape_style style;
	size_t due;		/* of them, to be escaped now; 0 at first */
	char octet[ESCAPE_LENGTH];
};

/* Sets *piece_r to the next piece: all octets up to the next one that needs an
 * escape, in the text, or one escape, in escape->octet.  Returns the octets of
 * the piece, 0 at the end of the text. */
size_t escape_piece(struct escape *escape, const char **piece_r);

/* Prints text, escaped; errors are left to ferror(out). */
void escape_print(FILE *out, const char *text, enum escape_style style);

/* Writes text, escaped, as at most max octets and a NUL to out (max + 1 octets;
 * max is at least 3).  A text that does not fit is cut between two characters
 * or escapes, and ends in "...". */
void escape_write(char *out, size_t max, const char *text,
    enum escape_style style);

/* Undoes the escapes in length octets at text, and writes the result with a NUL
 * to out (room octets), which may be text.  False if a backslash is not the
 * beginning of \xNN, if NN is 00 or an octet that style does not escape, or
 * if the result does not fit. */
bool escape_read(char *out, size_t room, const char *text, size_t length,
    enum escape_style style);

#endif
