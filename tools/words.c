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

/* The reasons that speak of a grant already. */
static bool
ends_in_grant(const char *reason)
{
	return strcmp(reason, reason_text(REASON_GRANT)) == 0 ||
	    strcmp(reason, reason_text(REASON_DENY_GRANT)) == 0;
}

void
words_print_verdict(FILE *out, bool allowed, const char *reason,
    int64_t grant)
{
	bool short_form = ends_in_grant(reason) && grant != 0;

	if (!short_form)
		fputs(allowed ? "allowed: " : "denied: ", out);
	words_print(out, reason);
	if (grant != 0)
		fprintf(out, short_form ? " %" PRId64 : " (grant %" PRId64 ")",
		    grant);
}

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

/* --- what a condition is compared with ---------------------------------------- */

/* Each writes what the question has, and returns true, or why it has
 * nothing. */
static bool
tell_service(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	(void)value;
	snprintf(out, WORDS_MAX, "it is %s", question->request.service);
	return true;
}

static bool
tell_cert_cn(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	const char *cn = question->request.certificate.cn;

	(void)value;
	if (cn != NULL)
		snprintf(out, WORDS_MAX, "it is %s", cn);
	else
		strcpy(out, question->certificate_read ?
		    "the certificate has no CN that can be used" :
		    "say --cert FILE or --cert-cn CN");
	return cn != NULL;
}

static bool
tell_cert_san(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	size_t count = question->request.certificate.name_count;
	size_t used = 0;

	(void)value;
	if (count == 0)
		strcpy(out, question->certificate_read ? "the certificate has"
		    " no alternative names that can be used" :
		    "say --cert FILE");
	for (size_t i = 0; i < count && used < WORDS_MAX; i++)
		used += (size_t)snprintf(out + used, WORDS_MAX - used, "%s%s",
		    i == 0 ? "it has " : ", ",
		    question->request.certificate.names[i]);
	return count != 0;
}

static bool
tell_cert_sha256(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	const unsigned char *sha256 = question->request.certificate.sha256;

	(void)value;
	strcpy(out, sha256 != NULL ? "it is " : "say --cert FILE");
	if (sha256 != NULL)
		hex_write_colons(out + strlen(out), sha256,
		    REQUEST_SHA256_SIZE);
	return sha256 != NULL;
}

static bool
tell_client_net(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	const char *client = question->request.client;

	(void)value;
	if (client != NULL)
		snprintf(out, WORDS_MAX, "it is %s", client);
	else
		strcpy(out, "say --from ADDRESS");
	return client != NULL;
}

static bool
tell_local_user(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	const char *account = question->request.local_user;

	(void)value;
	if (account != NULL)
		snprintf(out, WORDS_MAX, "it is %s", account);
	else
		strcpy(out, question->request.client != NULL ? "an address"
		    " does not tell the account, say --local-user NAME" :
		    "say --local-user NAME");
	return account != NULL;
}

static bool
tell_time(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	(void)value;
	snprintf(out, WORDS_MAX, "it is %s UTC", question->utc);
	return true;
}

static bool
tell_hours(char out[WORDS_MAX], const struct question *question,
    const char *value)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
	    "Thursday", "Friday", "Saturday", "Sunday" };
	char zone[MOMENT_ZONE_MAX];
	struct moment_week week;

	if (hours_zone(value, zone) == NULL)
		return true;
	if (!zone_local(question->zones, zone, question->at, &week)) {
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
    const struct question *question)
{
	static bool (*const tell[])(char out[WORDS_MAX],
	    const struct question *question, const char *value) = {
		[CONDITION_SERVICE] = tell_service,
		[CONDITION_CERT_CN] = tell_cert_cn,
		[CONDITION_CERT_SAN] = tell_cert_san,
		[CONDITION_CERT_SHA256] = tell_cert_sha256,
		[CONDITION_CLIENT_NET] = tell_client_net,
		[CONDITION_LOCAL_USER] = tell_local_user,
		[CONDITION_NOT_BEFORE] = tell_time,
		[CONDITION_NOT_AFTER] = tell_time,
		[CONDITION_HOURS] = tell_hours,
	};

	_Static_assert(sizeof(tell) / sizeof(tell[0]) == CONDITION_COUNT,
	    "every condition has words");
	out[0] = '\0';
	if (tell[kind](out, question, value) && state == CONDITION_UNKNOWN)
		strcpy(out, "the value makes no sense");
}
