/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Decision lines as log/decision_writer.h writes them, read back from a log.  Whoever
 * may write the log may have written anything. */

#ifndef VMAUTHZ_LOG_DECISION_READER_H
#define VMAUTHZ_LOG_DECISION_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "decide/request.h"

enum {
	DECISION_LINE_MAX = 2048,	/* octets of a line from its outcome
					 * word on, with NUL */
	DECISION_NAMES_MAX = 16,	/* alternative names */
};

enum decision_line_kind {
	DECISION_LINE_BAD = 0,	/* begins as one, and is not well formed */
	DECISION_LINE_CUT,	/* too long: the log, or a value, ends in ... */
	DECISION_LINE_OTHER,	/* is about something else */
	DECISION_LINE_GOOD,
};

/* What a line tells; text is inside of the line, NULL: the line has "-". */
struct decision_line {
	bool allowed;		/* false: "deny", or "observe", which says
				 * that a denial was not enforced */
	const char *user, *vm, *service;
	const char *vm_source;	/* who said that it was that VM; NULL: itself */
	const char *client;	/* the address, without the port */
	const char *cert_cn;
	const char *names[DECISION_NAMES_MAX];
	size_t name_count;
	bool has_sha256;
	unsigned char sha256[REQUEST_SHA256_SIZE];
	enum request_local local;
	const char *local_user;
	time_t at;
	const char *mechanism;
	int64_t grant;		/* 0: none */
	int64_t revision;	/* of the policy; 0: unknown */
	const char *reason;	/* with its detail; may have been cut */
};

/* Takes apart a line of a log, without its newline: whatever is in front, the
 * tag "vmauthz[pid]: ", a decision.  The line is overwritten, and has to last
 * as long as *decision_r, which is cleared unless the line is good. */
enum decision_line_kind decision_line_parse(char *line,
    struct decision_line *decision_r);

#endif
