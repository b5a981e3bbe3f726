/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* saslauthd's protocol.  A request is four strings: login, password, service
 * and realm.  Each is a length (u16, big endian) and as many octets.  The
 * answer is one such string that begins with OK or NO.  Source: Cyrus SASL,
 * saslauthd/ipc_unix.c and lib/checkpw.c. */

#ifndef VMAUTHZD_WORKER_MUX_H
#define VMAUTHZD_WORKER_MUX_H

#include <stddef.h>

enum {
	MUX_TEXT_MAX = 1024,	/* octets of each, as saslauthd has it */
	MUX_REQUEST_MAX = 4 * (2 + MUX_TEXT_MAX),
};

struct mux_request {
	char login[MUX_TEXT_MAX + 1];
	char password[MUX_TEXT_MAX + 1];
	char service[MUX_TEXT_MAX + 1];
	char realm[MUX_TEXT_MAX + 1];	/* "": none */
};

enum mux_state {
	MUX_MALFORMED = 0,	/* too long, with a NUL or trailing octets */
	MUX_MORE,		/* incomplete */
	MUX_COMPLETE,
};

/* Parses the size octets that were received so far.  *request_r is set if the
 * request is complete, and cleared if not.  The caller wipes it and data. */
enum mux_state mux_parse(struct mux_request *request_r,
    const unsigned char *data, size_t size);

/* Writes an answer: "OK" or "NO", which a reason may follow.  Returns its size
 * in octets. */
enum { MUX_ANSWER_MAX = 64 };
size_t mux_answer(unsigned char out[MUX_ANSWER_MAX], const char *text);

#endif
