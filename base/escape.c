/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/escape.h"

#include <glib.h>
#include <string.h>

#include "base/hex.h"

/* Octets of the well-formed character at text, 0 if there is none.  mbrtowc(3)
 * would go by the locale, which is that of QEMU. */
static size_t
utf8_size(const char *text, size_t length)
{
	gunichar c = g_utf8_get_char_validated(text, (gssize)length);

	/* -1: malformed; -2: cut short, or NUL, which no style writes */
	return c == (gunichar)-1 || c == (gunichar)-2 ? 0 :
	    (size_t)g_unichar_to_utf8(c, NULL);
}

static bool
is_ascii_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* U+0080 to U+009F. */
static bool
is_c1_control(const unsigned char *at, size_t length)
{
	return length >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
}

static bool
is_printable_but(unsigned char c, const char *special)
{
	return c >= 0x20 && c <= 0x7e && strchr(special, c) == NULL;
}

/* Octets of the character at text that need no escape; 0 if its first octet
 * needs one. */
static size_t
plain_size(const char *text, size_t length, enum escape_style style)
{
	const unsigned char *at = (const unsigned char *)text;

	switch (style) {
	case ESCAPE_LOG:
		return is_printable_but(*at, "\"\\");
	case ESCAPE_LOG_LIST:
		return is_printable_but(*at, "\"\\,");
	case ESCAPE_QUOTED:
		return is_printable_but(*at, "\"");
	case ESCAPE_CONTROLS:
		return !is_ascii_control(*at) && !is_c1_control(at, length);
	case ESCAPE_UTF8:
		return is_ascii_control(*at) || is_c1_control(at, length) ||
		    *at == '\\' ? 0 : utf8_size(text, length);
	case ESCAPE_ALL:
		break;
	}
	return 0;
}

/* Octets that are escaped together.  The second octet of a C1 control is no
 * control character by itself: without this, a style that only looks at
 * ASCII's would leave it as it is. */
static size_t
escaped_size(const char *text, size_t length)
{
	return is_c1_control((const unsigned char *)text, length) ? 2 : 1;
}

/* Writes \xNN, and no NUL. */
static void
escape_octet(char out[ESCAPE_LENGTH], char octet)
{
	const unsigned char value = (unsigned char)octet;
	char digits[3];

	hex_write(digits, &value, 1);
	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[0];
	out[3] = digits[1];
}

/* One character that needs no escape, or one escape. */
static size_t
escape_next(struct escape *escape, const char **piece_r)
{
	size_t size;

	*piece_r = escape->text;
	if (escape->length == 0)
		return 0;
	size = escape->due == 0 ?
	    plain_size(escape->text, escape->length, escape->style) : 0;
	if (size != 0) {
		escape->text += size;
		escape->length -= size;
		return size;
	}
	if (escape->due == 0)
		escape->due = escaped_size(escape->text, escape->length);
	escape_octet(escape->octet, *escape->text++);
	escape->length--;
	escape->due--;
	*piece_r = escape->octet;
	return ESCAPE_LENGTH;
}

size_t
escape_piece(struct escape *escape, const char **piece_r)
{
	size_t size = escape_next(escape, piece_r), more;

	while (*piece_r != escape->octet && escape->length != 0 &&
	    (more = plain_size(escape->text, escape->length,
	    escape->style)) != 0) {
		escape->text += more;
		escape->length -= more;
		size += more;
	}
	return size;
}

void
escape_print(FILE *out, const char *text, enum escape_style style)
{
	struct escape escape = { text, strlen(text), style, 0, "" };
	const char *piece;
	size_t size;

	while ((size = escape_piece(&escape, &piece)) != 0)
		fwrite(piece, 1, size, out);
}

void
escape_write(char *out, size_t max, const char *text, enum escape_style style)
{
	struct escape escape = { text, strlen(text), style, 0, "" };
	size_t used = 0, whole = 0, size;	/* whole: where a cut may be */
	const char *piece;

	while ((size = escape_next(&escape, &piece)) != 0) {
		if (used + size > max) {
			memcpy(out + whole, "...", sizeof("..."));
			return;
		}
		memcpy(out + used, piece, size);
		used += size;
		if (used + strlen("...") <= max)
			whole = used;
	}
	out[used] = '\0';
}

/* The octet whose escape is at text, or -1.  The escape of an octet that
 * needs none is refused: we never write it, so the text is somebody else's. */
static int
escaped_octet(const char *text, size_t length, enum escape_style style)
{
	int high = -1, low = -1;
	char octet;

	if (length >= ESCAPE_LENGTH && text[1] == 'x') {
		high = hex_value(text[2]);
		low = hex_value(text[3]);
	}
	if (high < 0 || low < 0 || (high | low) == 0)
		return -1;
	octet = (char)(high << 4 | low);
	return plain_size(&octet, 1, style) == 0 ? (unsigned char)octet : -1;
}

bool
escape_read(char *out, size_t room, const char *text, size_t length,
    enum escape_style style)
{
	const char *end = text + length;
	size_t used = 0;

	while (text < end) {
		int c = (unsigned char)*text;

		if (c == '\\') {
			c = escaped_octet(text, (size_t)(end - text), style);
			text += ESCAPE_LENGTH - 1;
		}
		text++;
		if (used + 1 >= room || c == -1)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return true;
}
