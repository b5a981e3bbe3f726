/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "log/decision.h"

#include <string.h>

#define FIELD(name, form, member) \
    { name, DECISION_FORM_##form, offsetof(struct decision_record, member) }

/* A field that a condition of the policy checks has the name of its column in
 * the table grants: an administrator can copy a value from the log into a
 * grant. */
const struct decision_field decision_fields[DECISION_FIELD_COUNT] = {
	[DECISION_VERDICT] = FIELD("verdict", VERDICT, verdict),
	[DECISION_USER] = FIELD("user", TEXT, user),
	[DECISION_VM] = FIELD("vm", TEXT, vm),
	[DECISION_VM_SOURCE] = FIELD("vm_source", TEXT, vm_source),
	[DECISION_SERVICE] = FIELD("service", TEXT, service),
	[DECISION_CLIENT] = FIELD("client", CLIENT, client),
	[DECISION_CERT_CN] = FIELD("cert_cn", TEXT, certificate.cn),
	[DECISION_CERT_SHA256] = FIELD("cert_sha256", SHA256,
	    certificate.sha256),
	[DECISION_CERT_SAN] = FIELD("cert_san", NAMES, certificate.names),
	[DECISION_LOCAL_USER] = FIELD("local_user", LOCAL, local_user),
	[DECISION_AT] = FIELD("at", TIME, at),
	[DECISION_MECHANISM] = FIELD("mechanism", TEXT, mechanism),
	[DECISION_SOCKET] = FIELD("socket", TEXT, socket),
	[DECISION_GRANT] = FIELD("grant", NUMBER, grant),
	[DECISION_REVISION] = FIELD("revision", NUMBER, revision),
	[DECISION_TICKET] = FIELD("ticket", NUMBER, ticket),
	[DECISION_SESSION] = FIELD("session", LONG_NUMBER, session),
	[DECISION_REASON] = FIELD("reason", REASON, reason),
};

const char *
decision_text(const struct decision_record *record,
    const struct decision_field *field)
{
	const char *text;

	memcpy(&text, (const char *)record + field->offset, sizeof(text));
	return text;
}

void
decision_set_text(struct decision_record *record,
    const struct decision_field *field, const char *text)
{
	memcpy((char *)record + field->offset, &text, sizeof(text));
}

int64_t
decision_number(const struct decision_record *record,
    const struct decision_field *field)
{
	int64_t number;

	memcpy(&number, (const char *)record + field->offset, sizeof(number));
	return number;
}

void
decision_set_number(struct decision_record *record,
    const struct decision_field *field, int64_t number)
{
	memcpy((char *)record + field->offset, &number, sizeof(number));
}
