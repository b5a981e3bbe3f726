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
	escape_print(out, text, ESCAPE_ASCII_CONTROLS);
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
 * why it has nothing, or which option is missing, and returns false.  value is
 * the grant's; only hours need it, for their zone. */
static bool
words_service_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	(void)value;
	snprintf(out, WORDS_MAX, "it is %s", explained->request.service);
	return true;
}

static bool
words_cert_cn_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	const char *cn = explained->request.certificate.cn;

	(void)value;
	if (cn != NULL)
		snprintf(out, WORDS_MAX, "it is %s", cn);
	else
		strcpy(out, explained->certificate_read ?
		    "the certificate has no CN that can be used" :
		    "say --cert FILE or --cert-cn CN");
	return cn != NULL;
}

/* All names are listed, as a condition is met by any of them. */
static bool
words_cert_san_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	size_t count = explained->request.certificate.name_count;
	size_t used = 0;

	(void)value;
	if (count == 0)
		strcpy(out, explained->certificate_read ? "the certificate has"
		    " no alternative names that can be used" :
		    "say --cert FILE");
	/* snprintf() returns what it would have written. */
	for (size_t i = 0; i < count && used < WORDS_MAX; i++)
		used += (size_t)snprintf(out + used, WORDS_MAX - used, "%s%s",
		    i == 0 ? "it has " : ", ",
		    explained->request.certificate.names[i]);
	return count != 0;
}

/* With colons and in upper case, as openssl(1) prints a fingerprint. */
static bool
words_cert_sha256_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	const unsigned char *sha256 = explained->request.certificate.sha256;

	(void)value;
	strcpy(out, sha256 != NULL ? "it is " : "say --cert FILE");
	if (sha256 != NULL)
		hex_write_colons(out + strlen(out), sha256,
		    REQUEST_SHA256_SIZE);
	return sha256 != NULL;
}

/* The address as it was given: an IPv4 address mapped into IPv6 stays one. */
static bool
words_client_net_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	const char *client = explained->request.client;

	(void)value;
	if (client != NULL)
		snprintf(out, WORDS_MAX, "it is %s", client);
	else
		strcpy(out, "say --from ADDRESS");
	return client != NULL;
}

/* Only the kernel knows whose connection it is, so an address is no help here,
 * not even one of this host. */
static bool
words_local_user_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	const char *account = explained->request.local_user;

	(void)value;
	if (account != NULL)
		snprintf(out, WORDS_MAX, "it is %s", account);
	else
		strcpy(out, explained->request.client != NULL ? "an address"
		    " does not tell the account, say --local-user NAME" :
		    "say --local-user NAME");
	return account != NULL;
}

/* not_before and not_after are in UTC. */
static bool
words_time_detail(char out[WORDS_MAX],
    const struct explained_request *explained, const char *value)
{
	(void)value;
	snprintf(out, WORDS_MAX, "it is %s UTC", explained->utc);
	return true;
}

/* "there" is the zone that the grant names, "here" that of this host. */
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
	if (!zone_local(explained->zones, zone, explained->at, &week)) {
		strcpy(out, "this host knows no such time zone");
		return false;
	}
	snprintf(out, WORDS_MAX, "it is %s %02d:%02d %s", days[week.day],
	    week.minute / 60, week.minute % 60,
	    zone[0] != '\0' ? "there" : "here");
	return true;
}

void
words_detail(char out[WORDS_MAX], enum condition_kind kind,
    const char *value, enum condition_result state,
    const struct explained_request *explained)
{
	static bool (*const details[])(char out[WORDS_MAX],
	    const struct explained_request *explained, const char *value) = {
		[CONDITION_SERVICE] = words_service_detail,
		[CONDITION_CERT_CN] = words_cert_cn_detail,
		[CONDITION_CERT_SAN] = words_cert_san_detail,
		[CONDITION_CERT_SHA256] = words_cert_sha256_detail,
		[CONDITION_CLIENT_NET] = words_client_net_detail,
		[CONDITION_LOCAL_USER] = words_local_user_detail,
		[CONDITION_NOT_BEFORE] = words_time_detail,
		[CONDITION_NOT_AFTER] = words_time_detail,
		[CONDITION_HOURS] = words_hours_detail,
	};

	_Static_assert(sizeof(details) / sizeof(details[0]) == CONDITION_COUNT,
	    "every condition has words");
	out[0] = '\0';
	/* Unknown although there is something to compare with: only a row that
	 * went past the schema's rules has such a value. */
	if (details[kind](out, explained, value) && state == CONDITION_UNKNOWN)
		strcpy(out, "the value makes no sense");
}
