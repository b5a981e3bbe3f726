/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The record of one decision.  The line in the system's log, the audit and
 * `vmauthz log` have the same fields under the same names, which are defined
 * here; libvmauthz(8) has the table. */

#ifndef VMAUTHZ_LOG_DECISION_H
#define VMAUTHZ_LOG_DECISION_H

#include <stddef.h>
#include <stdint.h>

#include "decide/request.h"
#include "decide/reason.h"

/* Any text may be NULL (unknown, or none), and is untrusted. */
struct decision_record {
	int64_t at;			/* Unix milliseconds */
	enum verdict verdict;
	const char *user;
	const char *vm;
	const char *vm_source;		/* what names the VM; NULL: its own
					 * process */
	const char *service;
	const char *client;		/* an address, or "address;port" */
	struct request_certificate certificate;
	enum request_local local;
	const char *local_user;		/* if local is REQUEST_LOCAL_ACCOUNT */
	const char *mechanism;
	const char *socket;		/* of vmauthzd: "mux", "broker" */
	int64_t grant;			/* numbers: 0 is none, or unknown */
	int64_t revision;		/* of the policy */
	int64_t ticket;
	int64_t session;
	const char *reason;
	const char *detail;		/* added to the reason; NULL or "" */
};

/* The syntax of a field's value. */
enum decision_form {
	DECISION_FORM_TEXT,
	DECISION_FORM_NUMBER,
	DECISION_FORM_LONG_NUMBER,	/* of more than 53 bits: written as a
					 * text, since many JSON parsers
					 * store numbers as doubles */
	/* forms of one field each */
	DECISION_FORM_VERDICT,
	DECISION_FORM_CLIENT,
	DECISION_FORM_SHA256,
	DECISION_FORM_NAMES,		/* in the log's line alone */
	DECISION_FORM_LOCAL,
	DECISION_FORM_TIME,
	DECISION_FORM_REASON,
};

/* The fields, in the order in which they are written. */
enum decision_field_index {
	DECISION_VERDICT,
	DECISION_USER,
	DECISION_VM,
	DECISION_VM_SOURCE,
	DECISION_SERVICE,
	DECISION_CLIENT,
	DECISION_CERT_CN,
	DECISION_CERT_SHA256,
	DECISION_CERT_SAN,
	DECISION_LOCAL_USER,
	DECISION_AT,
	DECISION_MECHANISM,
	DECISION_SOCKET,
	DECISION_GRANT,
	DECISION_REVISION,
	DECISION_TICKET,
	DECISION_SESSION,
	DECISION_REASON,
	DECISION_FIELD_COUNT
};

struct decision_field {
	const char *name;
	enum decision_form form;
	size_t offset;		/* of the member, in the record */
};

extern const struct decision_field decision_fields[DECISION_FIELD_COUNT];

/* Get and set the member of a field of the form text (_TEXT, _CLIENT, _LOCAL,
 * _REASON) or number (_NUMBER, _LONG_NUMBER, _TIME). */
const char *decision_text(const struct decision_record *record,
    const struct decision_field *field);
void decision_set_text(struct decision_record *record,
    const struct decision_field *field, const char *text);
int64_t decision_number(const struct decision_record *record,
    const struct decision_field *field);
void decision_set_number(struct decision_record *record,
    const struct decision_field *field, int64_t number);

#endif
