/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision line, and its way into syslog without waiting for anybody. */

#ifndef VMAUTHZ_LOG_DECISION_WRITER_H
#define VMAUTHZ_LOG_DECISION_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "log/decision.h"

/* octets of a line, with NUL: ten values of LOG_VALUE_MAX, each octet of
 * them escaped, would not fit; a line that is too long ends in "..." */
enum {
	LOG_LINE_MAX = 2048,
	LOG_VALUE_MAX = 255,	/* octets of a value before it is escaped */
	LOG_NAMES_MAX = 640,	/* of all alternative names together */
};

/* Writes the line: the verdict's name, then every other field of
 * log/decision.h as name=value, in that order.  A value is in double quotes, in
 * which anything but printable ASCII, '"' and '\', stands as \xNN, and so does
 * a comma in an alternative name; numbers (but for a long one), and the word
 * remote as local_user, which says that the client is on another machine, are
 * bare; - is what is unknown, or none.  A value that is cut ends in "...".
 * log/decision_reader.h reads all of that back. */
void log_format(char line[LOG_LINE_MAX],
    const struct decision_record *record);

/* Anything else that happened: the head, which is ours, then key=value for each
 * field, as above. */
struct log_field {
	const char *key;
	const char *value;	/* NULL is written as -; may be hostile */
};

void log_format_fields(char line[LOG_LINE_MAX], const char *head,
    const struct log_field *fields, size_t count);

/* Sends a line to the system's log, facility authpriv, by the datagram
 * protocol of syslog(3) (RFC 3164): the socket never blocks, and a log that
 * is not there, or full, loses the line.  syslog(3) itself would wait, and
 * can't reach a log outside the private /dev that libvirt gives QEMU. */
struct log_sink {
	int fd;			/* -1: not connected */
	time_t retry;		/* not to be tried again before */
};

void log_open(struct log_sink *sink);
void log_send(struct log_sink *sink, int priority, const char *line);
void log_close(struct log_sink *sink);

#endif
