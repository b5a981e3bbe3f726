/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision line, and a sender of lines to syslog that never blocks. */

#ifndef VMAUTHZ_LOG_DECISION_WRITER_H
#define VMAUTHZ_LOG_DECISION_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "log/decision.h"

/* octets of a line, with NUL.  Ten values of LOG_VALUE_MAX with every octet
 * escaped do not fit; a line that is too long ends in "..." */
enum {
	LOG_LINE_MAX = 2048,
	LOG_VALUE_MAX = 255,	/* octets of a value before it is escaped */
	LOG_NAMES_MAX = 640,	/* of all alternative names together */
};

/* Writes the line: the verdict's name, then every other field of
 * log/decision.h as name=value, in that order.  A value is in double quotes;
 * '"', '\' and all octets but printable ASCII are written as \xNN; so is a
 * comma in an alternative name.  Numbers (but long ones) are bare; so is the
 * word remote as local_user: the client is on another machine.  - stands for
 * unknown, or none.  A value that is cut ends in "...".  log/decision_reader.h
 * reads all of that back. */
void log_format(char line[LOG_LINE_MAX],
    const struct decision_record *record);

/* Writes the line of another event: head, which is not escaped, then key=value
 * for each field, as above. */
struct log_field {
	const char *key;
	const char *value;	/* untrusted; NULL is written as - */
};

void log_format_fields(char line[LOG_LINE_MAX], const char *head,
    const struct log_field *fields, size_t count);

/* log_send() sends a line to the system's log, facility authpriv, in a datagram
 * (RFC 3164).  It never blocks: if the log is missing or full, the line is
 * lost.  syslog(3) would block, and can't reach a log outside the private /dev
 * that libvirt gives QEMU. */
struct log_sink {
	int fd;			/* -1: not connected */
	time_t retry;		/* no attempt to connect before */
};

void log_open(struct log_sink *sink);
void log_send(struct log_sink *sink, int priority, const char *line);
void log_close(struct log_sink *sink);

#endif
