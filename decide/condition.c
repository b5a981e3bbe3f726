/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/condition.h"

#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "base/hex.h"
#include "decide/hours.h"
#include "decide/network.h"

/* octets of an expanded pattern with NUL, and of the text with NUL.  A user's
 * name of 253 octets grows to 759 if every character has to be escaped. */
enum { CONDITION_PATTERN_MAX = 2048 };

/* --- globs ------------------------------------------------------------- */

/* Writes the user's name to out, so that every character of it stands for
 * itself: in a GLOB, [x] is x.  Without that the user "?" would match every
 * certificate whose name has one character.  Returns the octets written, 0 if
 * they don't fit in room. */
static size_t
condition_expand_user(char *out, size_t room, const struct identity *user)
{
	size_t used = 0;

	for (size_t i = 0; i < user->name_length; i++) {
		char c = user->text[i];
		bool special = c == '*' || c == '?' || c == '[';

		if (used + 3 > room)
			return 0;
		if (special)
			out[used++] = '[';
		out[used++] = c;
		if (special)
			out[used++] = ']';
	}
	return used;
}

/* The ']' that ends the bracket expression at pattern, or NULL.  A ']' that
 * comes first, or right after a '^', stands for itself. */
static const char *
condition_bracket_end(const char *pattern)
{
	pattern++;
	pattern += *pattern == '^';
	pattern += *pattern == ']';
	return strchr(pattern, ']');
}

/* Brackets are followed only to find one that is never closed.  A '[' within
 * another is an ordinary character, as in "[[]". */
static bool
condition_expand_pattern(char out[CONDITION_PATTERN_MAX], const char *pattern,
    const struct identity *user)
{
	const char *bracket = pattern;	/* where the last one ended */
	size_t used = 0, added;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '[' && pattern >= bracket)
			bracket = condition_bracket_end(pattern);
		if (used + 2 > CONDITION_PATTERN_MAX || bracket == NULL)
			return false;
		if (*pattern != '%' || pattern[1] == '%') {
			pattern += *pattern == '%';
			out[used++] = *pattern;
			continue;
		}
		pattern++;
		added = *pattern == 'u' ? condition_expand_user(out + used,
		    CONDITION_PATTERN_MAX - 1 - used, user) : 0;
		if (added == 0)
			return false;
		used += added;
	}
	out[used] = '\0';
	return true;
}

static void
condition_fold(char *text)
{
	for (; *text != '\0'; text++)
		*text = identity_ascii_lower(*text);
}

enum condition_result
condition_glob(const char *pattern, const struct identity *user,
    const char *text)
{
	char expanded[CONDITION_PATTERN_MAX], lower[CONDITION_PATTERN_MAX];

	if (text == NULL || strlen(text) >= sizeof(lower) ||
	    !condition_expand_pattern(expanded, pattern, user))
		return CONDITION_UNKNOWN;
	strcpy(lower, text);
	condition_fold(lower);
	condition_fold(expanded);
	return glob_matches(expanded, lower) ? CONDITION_MET :
	    CONDITION_UNMET;
}

/* --- one function for each column ----------------------------------------- */

static enum condition_result
condition_met_if(bool met)
{
	return met ? CONDITION_MET : CONDITION_UNMET;
}

static enum condition_result
condition_evaluate_service(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)now;
	if (strcmp(value, "both") == 0)
		return CONDITION_MET;
	if (request->service == NULL ||
	    (strcmp(value, "spice") != 0 && strcmp(value, "vnc") != 0))
		return CONDITION_UNKNOWN;
	return condition_met_if(strcmp(value, request->service) == 0);
}

static enum condition_result
condition_evaluate_cert_cn(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)now;
	return condition_glob(value, request->user, request->certificate.cn);
}

static bool
condition_has_san_type(const char *text)
{
	return strncasecmp(text, "DNS:", 4) == 0 ||
	    strncasecmp(text, "email:", 6) == 0 ||
	    strncasecmp(text, "URI:", 4) == 0;
}

/* A pattern without a type is compared with the name without its type.  One
 * name that can't be compared makes the result unknown, whatever stands in
 * the names behind it: a deny must not miss it. */
static enum condition_result
condition_evaluate_cert_san(const char *value, const struct request *request,
    const struct moment *now)
{
	const struct request_certificate *certificate = &request->certificate;
	enum condition_result result = CONDITION_UNKNOWN;

	(void)now;
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char *name = certificate->names[i];

		if (!condition_has_san_type(value) && strchr(name, ':') != NULL)
			name = strchr(name, ':') + 1;
		result = condition_glob(value, request->user, name);
		if (result != CONDITION_UNMET)
			return result;
	}
	return result;
}

static enum condition_result
condition_evaluate_cert_sha256(const char *value, const struct request *request,
    const struct moment *now)
{
	const unsigned char *sha256 = request->certificate.sha256;
	unsigned char wanted[REQUEST_SHA256_SIZE];

	(void)now;
	if (sha256 == NULL || !hex_read_colons(wanted, REQUEST_SHA256_SIZE,
	    value))
		return CONDITION_UNKNOWN;
	return condition_met_if(memcmp(sha256, wanted, sizeof(wanted)) == 0);
}

static enum condition_result
condition_evaluate_client_net(const char *value, const struct request *request,
    const struct moment *now)
{
	struct network network;
	bool known, inside;

	(void)now;
	if (request->client == NULL || !network_parse(&network, value))
		return CONDITION_UNKNOWN;
	inside = network_contains(&network, request->client, &known);
	return known ? condition_met_if(inside) : CONDITION_UNKNOWN;
}

static bool
condition_is_number(const char *text)
{
	return text != NULL && text[strspn(text, "0123456789")] == '\0';
}

/* A value of digits is compared with the account's number.  If the name in the
 * request is a number itself, the account has no other name.  A remote client
 * has no account here, so the condition is known to be unmet. */
static enum condition_result
condition_evaluate_local_user(const char *value, const struct request *request,
    const struct moment *now)
{
	const char *account = request->local_user;

	(void)now;
	if (request->local == REQUEST_LOCAL_REMOTE)
		return CONDITION_UNMET;
	if (condition_is_number(value) && !condition_is_number(account))
		account = request->local_number;
	if (request->local != REQUEST_LOCAL_ACCOUNT || account == NULL)
		return CONDITION_UNKNOWN;
	return condition_met_if(strcmp(value, account) == 0);
}

/* Both times have the form "YYYY-MM-DD HH:MM", which sorts as text. */
static enum condition_result
condition_evaluate_not_before(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)request;
	if (now->utc[0] == '\0' || !moment_valid(value))
		return CONDITION_UNKNOWN;
	return condition_met_if(strcmp(now->utc, value) >= 0);
}

/* The minute of not_after itself is outside. */
static enum condition_result
condition_evaluate_not_after(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)request;
	if (now->utc[0] == '\0' || !moment_valid(value))
		return CONDITION_UNKNOWN;
	return condition_met_if(strcmp(now->utc, value) < 0);
}

static enum condition_result
condition_evaluate_hours(const char *value, const struct request *request,
    const struct moment *now)
{
	char zone[MOMENT_ZONE_MAX];
	const char *ranges = hours_zone(value, zone);
	struct moment_week week;
	bool known, inside;

	(void)request;
	if (ranges == NULL ||
	    !now->local(now->context, zone, now->when, &week))
		return CONDITION_UNKNOWN;
	inside = hours_contain(ranges, &week, &known);
	return known ? condition_met_if(inside) : CONDITION_UNKNOWN;
}

static const struct {
	const char *name;
	enum reason unmet;	/* of a refusal, if an allow asks for it */
	enum condition_result (*evaluate)(const char *value,
	    const struct request *request,
	    const struct moment *now);
} conditions[] = {
	[CONDITION_SERVICE] = { "service", REASON_SERVICE,
	    condition_evaluate_service },
	[CONDITION_CERT_CN] = { "cert_cn", REASON_CERT_MISMATCH,
	    condition_evaluate_cert_cn },
	[CONDITION_CERT_SAN] = { "cert_san", REASON_CERT_MISMATCH,
	    condition_evaluate_cert_san },
	[CONDITION_CERT_SHA256] = { "cert_sha256", REASON_CERT_MISMATCH,
	    condition_evaluate_cert_sha256 },
	[CONDITION_CLIENT_NET] = { "client_net", REASON_CLIENT_NET,
	    condition_evaluate_client_net },
	[CONDITION_LOCAL_USER] = { "local_user", REASON_LOCAL_USER,
	    condition_evaluate_local_user },
	[CONDITION_NOT_BEFORE] = { "not_before", REASON_TOO_EARLY,
	    condition_evaluate_not_before },
	[CONDITION_NOT_AFTER] = { "not_after", REASON_TOO_LATE,
	    condition_evaluate_not_after },
	[CONDITION_HOURS] = { "hours", REASON_HOURS,
	    condition_evaluate_hours },
};
_Static_assert(sizeof(conditions) / sizeof(conditions[0]) == CONDITION_COUNT,
    "every condition has its row");

const char *
condition_name(enum condition_kind kind)
{
	return conditions[kind].name;
}

enum reason
condition_unmet_reason(enum condition_kind kind)
{
	return conditions[kind].unmet;
}

enum condition_result
condition_evaluate(enum condition_kind kind, const char *value,
    const struct request *request, const struct moment *now)
{
	return value == NULL ? CONDITION_MET :
	    conditions[kind].evaluate(value, request, now);
}
