/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads the decision lines of log/decision_writer.h back from a log.  Lines are
 * untrusted: other programs write the same log. */

#ifndef VMAUTHZ_LOG_DECISION_READER_H
#define VMAUTHZ_LOG_DECISION_READER_H

#include "log/decision.h"

enum {
	DECISION_LINE_MAX = 2048,	/* octets of a line behind its verdict,
					 * with NUL */
	DECISION_NAMES_MAX = 16,	/* alternative names */
};

enum decision_line_kind {
	DECISION_LINE_BAD = 0,	/* a decision that is not well formed */
	DECISION_LINE_CUT,	/* the line, or a value, ends in "..." */
	DECISION_LINE_OTHER,	/* not a decision */
	DECISION_LINE_GOOD,
};

/* Parses a line of a log, without its newline: any prefix, the tag
 * "vmauthz[pid]: ", a decision.  Overwrites the line; *record_r points into it
 * and into names (room for the alternative names).  *record_r is cleared unless
 * the line is good; its client is without the port, its reason has the detail
 * and may be cut. */
enum decision_line_kind decision_line_parse(char *line,
    const char *names[DECISION_NAMES_MAX], struct decision_record *record_r);

#endif
