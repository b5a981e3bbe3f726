/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/words.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/hex.h"
#include "decide/hours.h"

void
words_print(FILE *out, const char *text)
{
	escape_print(out, text, ESCAPE_CONTROLS);
}

/* Compares texts, as a reason may come from a log. */
static bool
words_ends_in_grant(const char *reason)
{
	return strcmp(reason, reason_text(REASON_GRANT)) == 0 ||
	    strcmp(reason, reason_text(REASON_DENY_GRANT)) == 0;
}

void
words_print_verdict(FILE *out, bool allowed, const char *reason,
    int64_t grant)
{
	/* These two reasons say allowed or denied themselves. */
	bool short_form = words_ends_in_grant(reason) && grant != 0;

	if (!short_form)
		fputs(allowed ? "allowed: " : "denied: ", out);
	words_print(out, reason);
	if (grant != 0)
		fprintf(out, short_form ? " %" PRId64 : " (grant %" PRId64 ")",
		    grant);
}

/* In JSON as well: programs compare with these words. */
const char *
words_state(enum condition_result state)
{
	static const char *const words[] = {
		[CONDITION_UNMET] = "unmet",
		[CONDITION_MET] = "met",
		[CONDITION_UNKNOWN] = "unknown",
	};

	return words[state];
}

/* --- what a condition is compared with ----------------------------------- */

/* Each writes what the request has to compare with and returns true; or writes
 * why it has nothing, or which option is missing, and returns false. */
static bool
words_text_detail(char out[WORDS_MAX], const char *text, const char *missing)
{
	snprintf(out, WORDS_MAX, text != NULL ? "it is %s" : "%s",
	    text != NULL ? text : missing);
	return text != NULL;
}

/* All names are listed, as a condition is met by any of them. */
static bool
words_cert_san_detail(char out[WORDS_MAX],
    const struct explained_request *explained)
{
	const struct request_certificate *certificate =
	    &explained->request.certificate;
	size_t used = 0;

	if (certificate->name_count == 0)
		return words_text_detail(out, NULL,
		    explained->certificate_read ? "the certificate has no"
		    " alternative names that can be used" : "say --cert FILE");
	/* snprintf() returns what it would have written. */
	for (size_t i = 0; i < certificate->name_count && used < WORDS_MAX; i++)
		used += (size_t)snprintf(out + used, WORDS_MAX - used, "%s%s",
		    i == 0 ? "it has " : ", ", certificate->names[i]);
	return true;
}

/* With colons and in upper case, as openssl(1) prints a fingerprint. */
static bool
words_cert_sha256_detail(char out[WORDS_MAX], const unsigned char *sha256)
{
	strcpy(out, sha256 != NULL ? "it is " : "say --cert FILE");
	if (sha256 != NULL)
		hex_write_colons(out + strlen(out), sha256,
		    REQUEST_SHA256_SIZE);
	return sha256 != NULL;
}

/* value is the grant's, for its zone.  "there" is the zone that it names,
 * "here" that of this host. */
static bool
words_hours_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
	    "Thursday", "Friday", "Saturday", "Sunday" };
	char zone[MOMENT_ZONE_MAX];
	struct moment_week week;

	/* The caller says that the value makes no sense. */
	if (hours_zone(value, zone) == NULL)
		return true;
	if (!zone_local(explained->zones, zone, explained->at, &week))
		return words_text_detail(out, NULL,
		    "this host knows no such time zone");
	snprintf(out, WORDS_MAX, "it is %s %02d:%02d %s", days[week.day],
	    week.minute / 60, week.minute % 60,
	    zone[0] != '\0' ? "there" : "here");
	return true;
}

static bool
words_compared_detail(char out[WORDS_MAX], enum condition_kind kind,
    const char *value, const struct explained_request *explained)
{
	const struct request *request = &explained->request;

	switch (kind) {
	case CONDITION_SERVICE:
		return words_text_detail(out, request->service, "");
	case CONDITION_CERT_CN:
		return words_text_detail(out, request->certificate.cn,
		    explained->certificate_read ?
		    "the certificate has no CN that can be used" :
		    "say --cert FILE or --cert-cn CN");
	case CONDITION_CERT_SAN:
		return words_cert_san_detail(out, explained);
	case CONDITION_CERT_SHA256:
		return words_cert_sha256_detail(out,
		    request->certificate.sha256);
	case CONDITION_CLIENT_NET:
		/* As it was given: an IPv4 address mapped into IPv6 stays
		 * one. */
		return words_text_detail(out, request->client,
		    "say --from ADDRESS");
	case CONDITION_LOCAL_USER:
		/* Only the kernel knows whose connection it is, so an address
		 * is no help here, not even one of this host. */
		return words_text_detail(out, request->local_user,
		    request->client != NULL ? "an address does not tell the"
		    " account, say --local-user NAME" :
		    "say --local-user NAME");
	case CONDITION_NOT_BEFORE:
	case CONDITION_NOT_AFTER:
		snprintf(out, WORDS_MAX, "it is %s UTC", explained->utc);
		return true;
	case CONDITION_HOURS:
		return words_hours_detail(out, explained, value);
	case CONDITION_COUNT:
		break;
	}
	return false;
}

void
words_detail(char out[WORDS_MAX], enum condition_kind kind,
    const char *value, enum condition_result state,
    const struct explained_request *explained)
{
	out[0] = '\0';
	/* Unknown although there is something to compare with: only a row that
	 * went past the schema's rules has such a value. */
	if (words_compared_detail(out, kind, value, explained) &&
	    state == CONDITION_UNKNOWN)
		strcpy(out, "the value makes no sense");
}
