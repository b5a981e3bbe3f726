/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Bytes of a packet, read or written one typed field after the other.  A field
 * that does not fit makes the cursor bad, and it stays so.  Private to
 * broker/. */

#ifndef VMAUTHZ_BASE_CURSOR_H
#define VMAUTHZ_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

/* octets is 1, 2, 4 or 8.  0 if the cursor is bad. */
uint64_t read_number(struct reader *reader, size_t octets);

/* Size octets, copied to out; out is cleared if they are not there. */
void read_octets(struct reader *reader, unsigned char *out, size_t size);

/* Size octets where they stand; NULL if they are not there. */
const unsigned char *read_place(struct reader *reader, size_t size);

/* A text of at most max octets, where it stands; NULL if it is empty, or bad. */
const char *read_text(struct reader *reader, size_t max);

/* Whether all has been read, and was good. */
bool read_all(const struct reader *reader);

struct writer {
	unsigned char *begin, *at, *end;
	bool bad;
};

void write_number(struct writer *writer, size_t octets, uint64_t value);
void write_octets(struct writer *writer, const unsigned char *data,
    size_t size);

/* NULL is written as "". */
void write_text(struct writer *writer, const char *text, size_t max);

#endif
