/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "log/decision_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/hex.h"

/* What is left to read; wrong stays once it is set. */
struct cursor {
	char *at;
	enum decision_line_kind wrong;	/* DECISION_LINE_GOOD: nothing */
};

static void
fail(struct cursor *cursor, enum decision_line_kind wrong)
{
	if (cursor->wrong == DECISION_LINE_GOOD)
		cursor->wrong = wrong;
}

static bool
ends_cut(const char *text)
{
	size_t length = strlen(text);

	return length >= 3 && strcmp(text + length - 3, "...") == 0;
}

/* Something else was to come, if the line was not cut. */
static void
fail_here(struct cursor *cursor)
{
	fail(cursor, ends_cut(cursor->at) ? DECISION_LINE_CUT :
	    DECISION_LINE_BAD);
}

static bool
take(struct cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* --- values --------------------------------------------------------------- */

/* The writer escapes what it has to and nothing else; a comma only where it
 * would separate. */
static bool
decision_unescape(char *text)
{
	size_t length = strlen(text);

	return escape_read(text, length + 1, text, length, ESCAPE_LOG_LIST);
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* What stands between quotes, still escaped; a NUL takes the second one's
 * place.  NULL if the value is "-", or wrong. */
static char *
take_raw(struct cursor *cursor, const char *key)
{
	char *begin, *end;

	if (!take(cursor, key)) {
		fail_here(cursor);
		return NULL;
	}
	if (take(cursor, "- "))
		return NULL;
	begin = cursor->at + 1;
	end = *cursor->at == '"' ? strchr(begin, '"') : NULL;
	if (end == NULL || end[1] != ' ') {
		fail_here(cursor);
		return NULL;
	}
	*end = '\0';
	cursor->at = end + 2;
	if (!is_printable(begin))
		fail(cursor, DECISION_LINE_BAD);
	else if (ends_cut(begin))
		fail(cursor, DECISION_LINE_CUT);
	return begin;
}

static char *
take_value(struct cursor *cursor, const char *key)
{
	char *value = take_raw(cursor, key);

	if (value != NULL && !decision_unescape(value))
		fail(cursor, DECISION_LINE_BAD);
	return value;
}

/* An address, of plugins "192.0.2.7:4711" or "[2001:db8::7]:4711"; what is
 * neither stays as it is, and is no address for anybody. */
static const char *
take_client(struct cursor *cursor)
{
	char *client = take_value(cursor, "client=");
	char *port = client != NULL ? strrchr(client, ':') : NULL;

	if (port == NULL)
		return client;
	if (client[0] == '[' && port[-1] == ']') {
		client++;
		port[-1] = '\0';
	} else if (strchr(client, ':') == port) {
		*port = '\0';
	}
	return client;
}

static void
take_sha256(struct cursor *cursor, struct decision_line *decision)
{
	const char *text = take_raw(cursor, "fp=");

	if (text == NULL)
		return;
	if (!hex_read(decision->sha256, REQUEST_SHA256_SIZE, text))
		fail(cursor, DECISION_LINE_BAD);
	decision->has_sha256 = true;
}

static void
take_names(struct cursor *cursor, struct decision_line *decision)
{
	char *rest = take_raw(cursor, "san="), *name;

	while (rest != NULL) {
		name = strsep(&rest, ",");
		if (decision->name_count == DECISION_NAMES_MAX ||
		    name[0] == '\0' || !decision_unescape(name)) {
			fail(cursor, DECISION_LINE_BAD);
			return;
		}
		decision->names[decision->name_count++] = name;
	}
}

/* An account in quotes, or a bare word that no account can be mixed up
 * with. */
static void
take_local(struct cursor *cursor, struct decision_line *decision)
{
	if (take(cursor, "local=remote ")) {
		decision->local = REQUEST_LOCAL_REMOTE;
		return;
	}
	decision->local_user = take_value(cursor, "local=");
	if (decision->local_user != NULL)
		decision->local = REQUEST_LOCAL_ACCOUNT;
}

/* "2026-11-23T14:05:09Z" */
static void
take_time(struct cursor *cursor, struct decision_line *decision)
{
	const char *text = take_raw(cursor, "at="), *end;
	char back[sizeof("2026-11-23T14:05:09Z")];
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	end = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	if (end == NULL || *end != '\0') {
		fail(cursor, DECISION_LINE_BAD);
		return;
	}
	decision->at = timegm(&tm);
	gmtime_r(&decision->at, &tm);
	if (strftime(back, sizeof(back), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 ||
	    strcmp(back, text) != 0)
		fail(cursor, DECISION_LINE_BAD);
}

/* A whole number from 1 on, written in the one way there is. */
/* A row's number and the blank behind it; 0 if there is none. */
static int64_t
take_number(struct cursor *cursor)
{
	size_t digits = strspn(cursor->at, "0123456789");
	int64_t number;

	if (digits == 0 || digits > 18 || cursor->at[0] == '0' ||
	    cursor->at[digits] != ' ') {
		fail_here(cursor);
		return 0;
	}
	number = strtoll(cursor->at, NULL, 10);
	cursor->at += digits + 1;
	return number;
}

static void
take_grant(struct cursor *cursor, struct decision_line *decision)
{
	if (!take(cursor, "grant="))
		fail_here(cursor);
	else if (!take(cursor, "- "))
		decision->grant = take_number(cursor);
	if (take(cursor, "revision="))
		decision->revision = take_number(cursor);
}

/* The last value: its end may be missing, as in a line that was too long. */
static void
take_reason(struct cursor *cursor, struct decision_line *decision)
{
	char *reason, *end;

	if (!take(cursor, "reason=\"")) {
		fail_here(cursor);
		return;
	}
	reason = cursor->at;
	end = strchr(reason, '"');
	if (end != NULL ? end[1] != '\0' : !ends_cut(reason))
		fail(cursor, DECISION_LINE_BAD);
	if (end != NULL)
		*end = '\0';
	if (!is_printable(reason) || !decision_unescape(reason))
		fail(cursor, DECISION_LINE_BAD);
	decision->reason = reason;
}

/* --- the line --------------------------------------------------------------- */

/* Behind the tag, which is the first that any program has put in brackets:
 * what others repeat from their clients stands behind their own. */
static char *
find_decision(char *line)
{
	static const char tag[] = "vmauthz[";
	char *end = strstr(line, "]: "), *begin = end;

	if (end == NULL)
		return NULL;
	while (begin > line && begin[-1] >= '0' && begin[-1] <= '9')
		begin--;
	if (begin == end || (size_t)(begin - line) < strlen(tag))
		return NULL;
	begin -= strlen(tag);
	if (strncmp(begin, tag, strlen(tag)) != 0 ||
	    (begin > line && begin[-1] != ' ' && begin[-1] != '>'))
		return NULL;
	return end + strlen("]: ");
}

static bool
take_outcome(struct cursor *cursor, struct decision_line *decision)
{
	if (take(cursor, "allow ")) {
		decision->allowed = true;
		return true;
	}
	return take(cursor, "deny ") || take(cursor, "observe ");
}

static void
take_fields(struct cursor *cursor, struct decision_line *decision)
{
	decision->user = take_value(cursor, "user=");
	decision->vm = take_value(cursor, "vm=");
	if (strncmp(cursor->at, "vm_source=", 10) == 0)
		decision->vm_source = take_value(cursor, "vm_source=");
	decision->service = take_value(cursor, "service=");
	decision->client = take_client(cursor);
	decision->cert_cn = take_value(cursor, "cert=");
	take_sha256(cursor, decision);
	take_names(cursor, decision);
	take_local(cursor, decision);
	take_time(cursor, decision);
	decision->mechanism = take_value(cursor, "mech=");
	take_grant(cursor, decision);
	take_reason(cursor, decision);
}

enum decision_line_kind
decision_line_parse(char *line, struct decision_line *decision_r)
{
	struct cursor cursor = {
		.at = find_decision(line),
		.wrong = DECISION_LINE_GOOD,
	};

	memset(decision_r, 0, sizeof(*decision_r));
	if (cursor.at == NULL || !take_outcome(&cursor, decision_r))
		return DECISION_LINE_OTHER;
	if (strlen(cursor.at) >= DECISION_LINE_MAX)
		fail(&cursor, DECISION_LINE_BAD);
	else
		take_fields(&cursor, decision_r);
	if (cursor.wrong != DECISION_LINE_GOOD)
		memset(decision_r, 0, sizeof(*decision_r));
	return cursor.wrong;
}
