/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/condition.h"

#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "base/hex.h"
#include "decide/hours.h"
#include "decide/network.h"

enum { PATTERN_MAX = 2048 };	/* 255 octets, every %u expanded and escaped */

/* --- globs ------------------------------------------------------------- */

/* Appends the user's name to the pattern at out, so that every character of
 * it stands for itself: in a GLOB, [x] is x. */
static size_t
expand_user(char *out, size_t room, const struct identity *user)
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

/* Where the bracket expression at pattern ends, NULL if it never does: a
 * first ']' in it, after a '^' if there is one, stands for itself. */
static const char *
bracket_end(const char *pattern)
{
	pattern++;
	pattern += *pattern == '^';
	pattern += *pattern == ']';
	return strchr(pattern, ']');
}

static bool
expand_pattern(char out[PATTERN_MAX], const char *pattern,
    const struct identity *user)
{
	const char *bracket = pattern;	/* where the last one ended */
	size_t used = 0, added;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '[' && pattern >= bracket)
			bracket = bracket_end(pattern);
		if (used + 2 > PATTERN_MAX || bracket == NULL)
			return false;
		if (*pattern != '%' || pattern[1] == '%') {
			pattern += *pattern == '%';
			out[used++] = *pattern;
			continue;
		}
		pattern++;
		added = *pattern == 'u' ? expand_user(out + used,
		    PATTERN_MAX - 1 - used, user) : 0;
		if (added == 0)
			return false;
		used += added;
	}
	out[used] = '\0';
	return true;
}

static char
folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void
fold(char *text)
{
	for (; *text != '\0'; text++)
		*text = folded(*text);
}

enum condition_result
condition_glob(const char *pattern, const struct identity *user,
    const char *text)
{
	char expanded[PATTERN_MAX], lower[PATTERN_MAX];

	if (text == NULL || strlen(text) >= sizeof(lower) ||
	    !expand_pattern(expanded, pattern, user))
		return CONDITION_UNKNOWN;
	strcpy(lower, text);
	fold(lower);
	fold(expanded);
	return glob_matches(expanded, lower) ? CONDITION_MET :
	    CONDITION_UNMET;
}

/* --- one judge for each column -------------------------------------------- */

static enum condition_result
met_if(bool met)
{
	return met ? CONDITION_MET : CONDITION_UNMET;
}

static enum condition_result
judge_service(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)now;
	if (strcmp(value, "both") == 0)
		return CONDITION_MET;
	if (request->service == NULL ||
	    (strcmp(value, "spice") != 0 && strcmp(value, "vnc") != 0))
		return CONDITION_UNKNOWN;
	return met_if(strcmp(value, request->service) == 0);
}

static enum condition_result
judge_cert_cn(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)now;
	return condition_glob(value, request->user, request->certificate.cn);
}

static bool
has_type(const char *text)
{
	return strncasecmp(text, "DNS:", 4) == 0 ||
	    strncasecmp(text, "email:", 6) == 0 ||
	    strncasecmp(text, "URI:", 4) == 0;
}

/* A pattern without a type in front looks at what is behind it. */
static enum condition_result
judge_cert_san(const char *value, const struct request *request,
    const struct moment *now)
{
	const struct request_certificate *certificate = &request->certificate;
	enum condition_result result = CONDITION_UNKNOWN;

	(void)now;
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char *name = certificate->names[i];

		if (!has_type(value) && strchr(name, ':') != NULL)
			name = strchr(name, ':') + 1;
		result = condition_glob(value, request->user, name);
		if (result != CONDITION_UNMET)
			return result;
	}
	return result;
}

static enum condition_result
judge_cert_sha256(const char *value, const struct request *request,
    const struct moment *now)
{
	const unsigned char *sha256 = request->certificate.sha256;
	unsigned char wanted[REQUEST_SHA256_SIZE];

	(void)now;
	if (sha256 == NULL || !hex_read_colons(wanted, REQUEST_SHA256_SIZE, value))
		return CONDITION_UNKNOWN;
	return met_if(memcmp(sha256, wanted, sizeof(wanted)) == 0);
}

static enum condition_result
judge_client_net(const char *value, const struct request *request,
    const struct moment *now)
{
	struct network network;
	bool known, inside;

	(void)now;
	if (request->client == NULL || !network_parse(&network, value))
		return CONDITION_UNKNOWN;
	inside = network_contains(&network, request->client, &known);
	return known ? met_if(inside) : CONDITION_UNKNOWN;
}

static bool
is_number(const char *text)
{
	return text != NULL && text[strspn(text, "0123456789")] == '\0';
}

/* A number is compared with the account's number. */
static enum condition_result
judge_local_user(const char *value, const struct request *request,
    const struct moment *now)
{
	const char *account = request->local_user;

	(void)now;
	if (request->local == REQUEST_LOCAL_REMOTE)
		return CONDITION_UNMET;
	if (is_number(value) && !is_number(account))
		account = request->local_number;
	if (request->local != REQUEST_LOCAL_ACCOUNT || account == NULL)
		return CONDITION_UNKNOWN;
	return met_if(strcmp(value, account) == 0);
}

/* Times of one form sort as text. */
static enum condition_result
judge_not_before(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)request;
	if (now->utc[0] == '\0' || !moment_valid(value))
		return CONDITION_UNKNOWN;
	return met_if(strcmp(now->utc, value) >= 0);
}

static enum condition_result
judge_not_after(const char *value, const struct request *request,
    const struct moment *now)
{
	(void)request;
	if (now->utc[0] == '\0' || !moment_valid(value))
		return CONDITION_UNKNOWN;
	return met_if(strcmp(now->utc, value) < 0);
}

static enum condition_result
judge_hours(const char *value, const struct request *request,
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
	return known ? met_if(inside) : CONDITION_UNKNOWN;
}

static const struct {
	const char *name;
	enum condition_result (*judge)(const char *value,
	    const struct request *request,
	    const struct moment *now);
} conditions[] = {
	[CONDITION_SERVICE] = { "service", judge_service },
	[CONDITION_CERT_CN] = { "cert_cn", judge_cert_cn },
	[CONDITION_CERT_SAN] = { "cert_san", judge_cert_san },
	[CONDITION_CERT_SHA256] = { "cert_sha256", judge_cert_sha256 },
	[CONDITION_CLIENT_NET] = { "client_net", judge_client_net },
	[CONDITION_LOCAL_USER] = { "local_user", judge_local_user },
	[CONDITION_NOT_BEFORE] = { "not_before", judge_not_before },
	[CONDITION_NOT_AFTER] = { "not_after", judge_not_after },
	[CONDITION_HOURS] = { "hours", judge_hours },
};
_Static_assert(sizeof(conditions) / sizeof(conditions[0]) == CONDITION_COUNT,
    "every condition has a judge");

const char *
condition_name(enum condition_kind kind)
{
	return conditions[kind].name;
}

enum condition_result
condition_judge(enum condition_kind kind, const char *value,
    const struct request *request, const struct moment *now)
{
	return value == NULL ? CONDITION_MET :
	    conditions[kind].judge(value, request, now);
}
