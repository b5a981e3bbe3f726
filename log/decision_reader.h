/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Decision lines as log/decision_writer.h writes them, read back from a log.
 * Whoever may write the log may have written anything. */

#ifndef VMAUTHZ_LOG_DECISION_READER_H
#define VMAUTHZ_LOG_DECISION_READER_H

#include "log/decision.h"

enum {
	DECISION_LINE_MAX = 2048,	/* octets of a line behind its verdict,
					 * with NUL */
	DECISION_NAMES_MAX = 16,	/* alternative names */
};

enum decision_line_kind {
	DECISION_LINE_BAD = 0,	/* begins as one, and is not well formed */
	DECISION_LINE_CUT,	/* too long: the log, or a value, ends in ... */
	DECISION_LINE_OTHER,	/* is about something else */
	DECISION_LINE_GOOD,
};

/* Takes apart a line of a log, without its newline: whatever is in front, the
 * tag "vmauthz[pid]: ", a decision.  The line is overwritten, and has to last
 * as long as *record_r, as have names, the room for alternative names.
 * *record_r is cleared unless the line is good; its client has no port, its
 * reason has the detail, and may have been cut. */
enum decision_line_kind decision_line_parse(char *line,
    const char *names[DECISION_NAMES_MAX], struct decision_record *record_r);

#endif
