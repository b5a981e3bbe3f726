/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/mux.h"

#include <stdbool.h>
#include <string.h>

/* The octets that were received and not read yet. */
struct stream {
	const unsigned char *at, *end;
	enum mux_state state;		/* MUX_COMPLETE: good so far */
};

/* Reads one counted string.  After a string that is incomplete or malformed,
 * this does nothing, so that the caller need not check each one. */
static void
mux_read_text(struct stream *stream, char text_r[MUX_TEXT_MAX + 1])
{
	size_t left = (size_t)(stream->end - stream->at), length;

	if (stream->state != MUX_COMPLETE)
		return;
	stream->state = MUX_MORE;
	if (left < 2)
		return;
	length = (size_t)stream->at[0] << 8 | stream->at[1];
	if (length > MUX_TEXT_MAX) {
		stream->state = MUX_MALFORMED;
		return;
	}
	if (left - 2 < length)
		return;
	/* C strings would end there: a user's name must not be cut */
	if (memchr(stream->at + 2, '\0', length) != NULL) {
		stream->state = MUX_MALFORMED;
		return;
	}
	memcpy(text_r, stream->at + 2, length);
	text_r[length] = '\0';
	stream->at += 2 + length;
	stream->state = MUX_COMPLETE;
}

enum mux_state
mux_parse(struct mux_request *request_r, const unsigned char *data,
    size_t size)
{
	struct stream stream = {
		.at = data,
		.end = data + size,
		.state = MUX_COMPLETE,
	};

	memset(request_r, 0, sizeof(*request_r));
	mux_read_text(&stream, request_r->login);
	mux_read_text(&stream, request_r->password);
	mux_read_text(&stream, request_r->service);
	mux_read_text(&stream, request_r->realm);
	if (stream.state == MUX_COMPLETE && (stream.at != stream.end ||
	    request_r->login[0] == '\0'))
		stream.state = MUX_MALFORMED;
	if (stream.state != MUX_COMPLETE)
		explicit_bzero(request_r, sizeof(*request_r));
	return stream.state;
}

size_t
mux_answer(unsigned char out[MUX_ANSWER_MAX], const char *text)
{
	size_t length = strnlen(text, MUX_ANSWER_MAX - 2);

	out[0] = (unsigned char)(length >> 8);
	out[1] = (unsigned char)(length & 0xff);
	memcpy(out + 2, text, length);
	return length + 2;
}
