/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision line, and its way into syslog without waiting for anybody. */

#ifndef VMAUTHZ_LOG_DECISION_WRITER_H
#define VMAUTHZ_LOG_DECISION_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "decide/request.h"
#include "decide/verdict.h"

/* octets of a line, with NUL: ten values of LOG_VALUE_MAX, each octet of
 * them escaped, would not fit; a line that is too long ends in "..." */
enum {
	LOG_LINE_MAX = 2048,
	LOG_VALUE_MAX = 255,	/* octets of a value before it is escaped */
	LOG_NAMES_MAX = 640,	/* of all alternative names together */
};

/* One decision.  Any text may be NULL (written as -) and hostile. */
struct log_decision {
	enum verdict outcome;
	const char *user;
	const char *vm;
	const char *vm_source;	/* who says so; NULL: the VM itself */
	const char *service;
	const char *client;	/* "address;port", or an address */
	const char *cert_cn;
	const unsigned char *sha256;	/* the certificate's, REQUEST_SHA256_SIZE
					 * octets, or NULL */
	const char *const *names;	/* alternative names in it */
	size_t name_count;
	enum request_local local;
	const char *local_user;		/* if local is REQUEST_LOCAL_ACCOUNT */
	time_t at;
	const char *mechanism;
	int64_t grant;		/* 0: none */
	int64_t revision;	/* of the policy; 0: unknown */
	const char *reason;
	const char *detail;	/* added to the reason, or NULL */
};

/* Writes the line: allow, deny or observe, then user=, vm=, vm_source= (only if
 * there is one), service=, client=, cert= (its CN), fp= (SHA-256), san=
 * (alternative names between commas), local=, at= (UTC), mech=, grant=,
 * revision= (only if it is known), reason=, values in double quotes, in which anything but printable ASCII, and
 * '"' and '\', stands as \xNN, as does a comma in an alternative name.  A value
 * that is cut ends in "...".  The bare word remote as local= says that the
 * client is on another machine.  log/decision_reader.h reads all of that
 * back. */
void log_format(char line[LOG_LINE_MAX], const struct log_decision *decision);

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
