/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The octets of a packet, read or written one typed field after the other.
 * A field that does not fit makes the cursor bad; all later calls then do
 * nothing, so that a caller checks once, at the end.  Numbers are big endian;
 * a text is its length (2 octets), its octets and one zero octet.  For
 * broker/, whose broker/message.h describes the format. */

#ifndef VMAUTHZ_BASE_CURSOR_H
#define VMAUTHZ_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

/* Reads a number of 1, 2, 4 or 8 octets.  0 if the cursor is bad. */
uint64_t read_number(struct reader *reader, size_t octets);

/* Copies size octets to out; clears out if fewer are left. */
void read_octets(struct reader *reader, unsigned char *out, size_t size);

/* Skips size octets and returns where they begin, in the packet; NULL if fewer
 * are left. */
const unsigned char *read_place(struct reader *reader, size_t size);

/* Reads a text of at most max octets; returns where it begins, in the packet.
 * NULL if it is empty, or the cursor is bad. */
const char *read_text(struct reader *reader, size_t max);

/* Whether the packet has been read to its end, and every field fitted. */
bool read_all(const struct reader *reader);

struct writer {
	unsigned char *at, *end;
	bool bad;
};

/* The cursor is bad afterwards if value needs more than octets octets. */
void write_number(struct writer *writer, size_t octets, uint64_t value);
void write_octets(struct writer *writer, const unsigned char *data,
    size_t size);

/* Writes a text of at most max octets, else the cursor is bad; NULL as "". */
void write_text(struct writer *writer, const char *text, size_t max);

#endif
