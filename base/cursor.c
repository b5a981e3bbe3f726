/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/cursor.h"

#include <string.h>

/* --- reading ------------------------------------------------------------- */

const unsigned char *
read_place(struct reader *reader, size_t size)
{
	const unsigned char *at = reader->at;

	/* at + size might point past the end, which C leaves undefined */
	if (reader->bad || (size_t)(reader->end - at) < size) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	return at;
}

uint64_t
read_number(struct reader *reader, size_t octets)
{
	const unsigned char *at = read_place(reader, octets);
	uint64_t value = 0;

	for (size_t i = 0; at != NULL && i < octets; i++)
		value = value << 8 | at[i];
	return value;
}

void
read_octets(struct reader *reader, unsigned char *out, size_t size)
{
	const unsigned char *at = read_place(reader, size);

	memset(out, 0, size);
	if (at != NULL)
		memcpy(out, at, size);
}

const char *
read_text(struct reader *reader, size_t max)
{
	size_t length = (size_t)read_number(reader, 2);
	const unsigned char *at = read_place(reader, length + 1);

	if (at == NULL)
		return NULL;
	/* A second zero octet would let two programs see two texts: one that
	 * goes by the length, one that stops at the first zero. */
	if (length > max || memchr(at, 0, length + 1) != at + length) {
		reader->bad = true;
		return NULL;
	}
	return length != 0 ? (const char *)at : NULL;
}

bool
read_all(const struct reader *reader)
{
	return !reader->bad && reader->at == reader->end;
}

/* --- writing ------------------------------------------------------------- */

static unsigned char *
writer_reserve(struct writer *writer, size_t size)
{
	unsigned char *at = writer->at;

	if (writer->bad || (size_t)(writer->end - at) < size) {
		writer->bad = true;
		return NULL;
	}
	writer->at += size;
	return at;
}

void
write_number(struct writer *writer, size_t octets, uint64_t value)
{
	unsigned char *at = writer_reserve(writer, octets);

	for (size_t i = octets; at != NULL && i-- > 0; value >>= 8)
		at[i] = (unsigned char)(value & 0xff);
	/* what is left over was too large for its octets */
	if (value != 0)
		writer->bad = true;
}

void
write_octets(struct writer *writer, const unsigned char *data, size_t size)
{
	unsigned char *at = writer_reserve(writer, size);

	/* memcpy(3) must not be given NULL, not even with no octets */
	if (at != NULL && size != 0)
		memcpy(at, data, size);
}

void
write_text(struct writer *writer, const char *text, size_t max)
{
	size_t length = text != NULL ? strlen(text) : 0;

	if (length > max) {
		writer->bad = true;
		return;
	}
	write_number(writer, 2, length);
	write_octets(writer, (const unsigned char *)(length != 0 ? text : ""),
	    length + 1);
}
