/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "log/decision_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/hex.h"

/* What is left to read; wrong stays once it is set. */
struct cursor {
	char *at;
	enum decision_line_kind wrong;	/* DECISION_LINE_GOOD: nothing */
	struct decision_record *record;
	const char **names;		/* room for DECISION_NAMES_MAX */
};

static void
line_fail(struct cursor *cursor, enum decision_line_kind wrong)
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
line_fail_here(struct cursor *cursor)
{
	line_fail(cursor, ends_cut(cursor->at) ? DECISION_LINE_CUT :
	    DECISION_LINE_BAD);
}

static bool
line_take(struct cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* --- values -------------------------------------------------------------- */

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

/* "name=", in front of a value. */
static bool
line_take_name(struct cursor *cursor, const char *name)
{
	if (line_take(cursor, name) && line_take(cursor, "="))
		return true;
	line_fail_here(cursor);
	return false;
}

/* What stands between quotes, still escaped; a NUL takes the second one's
 * place.  NULL if the value is "-", or wrong. */
static char *
line_take_raw(struct cursor *cursor, const char *name)
{
	char *begin, *end;

	if (!line_take_name(cursor, name))
		return NULL;
	if (line_take(cursor, "- "))
		return NULL;
	begin = cursor->at + 1;
	end = *cursor->at == '"' ? strchr(begin, '"') : NULL;
	if (end == NULL || end[1] != ' ') {
		line_fail_here(cursor);
		return NULL;
	}
	*end = '\0';
	cursor->at = end + 2;
	if (!is_printable(begin))
		line_fail(cursor, DECISION_LINE_BAD);
	else if (ends_cut(begin))
		line_fail(cursor, DECISION_LINE_CUT);
	return begin;
}

static char *
line_take_value(struct cursor *cursor, const char *name)
{
	char *value = line_take_raw(cursor, name);

	if (value != NULL && !decision_unescape(value))
		line_fail(cursor, DECISION_LINE_BAD);
	return value;
}

/* An address, of plugins "192.0.2.7:4711" or "[2001:db8::7]:4711"; what is
 * neither stays as it is, and is no address for anybody. */
static const char *
line_take_client(struct cursor *cursor, const char *name)
{
	char *client = line_take_value(cursor, name);
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

/* The octets take the place of the first half of their digits. */
static const unsigned char *
line_take_sha256(struct cursor *cursor, const char *name)
{
	char *text = line_take_raw(cursor, name);

	if (text == NULL)
		return NULL;
	if (!hex_read((unsigned char *)text, REQUEST_SHA256_SIZE, text))
		line_fail(cursor, DECISION_LINE_BAD);
	return (const unsigned char *)text;
}

static void
line_take_names(struct cursor *cursor, const char *key)
{
	struct request_certificate *certificate = &cursor->record->certificate;
	char *rest = line_take_raw(cursor, key), *name;

	while (rest != NULL) {
		name = strsep(&rest, ",");
		if (certificate->name_count == DECISION_NAMES_MAX ||
		    name[0] == '\0' || !decision_unescape(name)) {
			line_fail(cursor, DECISION_LINE_BAD);
			return;
		}
		cursor->names[certificate->name_count++] = name;
		certificate->names = cursor->names;
	}
}

/* An account in quotes, or a bare word that no account can be mixed up
 * with. */
static void
line_take_local(struct cursor *cursor, const char *name)
{
	struct decision_record *record = cursor->record;
	char *begin = cursor->at;

	if (line_take(cursor, name) && line_take(cursor, "=remote ")) {
		record->local = REQUEST_LOCAL_REMOTE;
		return;
	}
	cursor->at = begin;
	record->local_user = line_take_value(cursor, name);
	if (record->local_user != NULL)
		record->local = REQUEST_LOCAL_ACCOUNT;
}

/* "2026-11-23T14:05:09Z" */
static void
line_take_time(struct cursor *cursor, const char *name)
{
	const char *text = line_take_raw(cursor, name), *end;
	char back[sizeof("2026-11-23T14:05:09Z")];
	time_t at;
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	end = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	if (end == NULL || *end != '\0') {
		line_fail(cursor, DECISION_LINE_BAD);
		return;
	}
	at = timegm(&tm);
	gmtime_r(&at, &tm);
	if (strftime(back, sizeof(back), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 ||
	    strcmp(back, text) != 0)
		line_fail(cursor, DECISION_LINE_BAD);
	cursor->record->at = (int64_t)at * 1000;
}

/* A number that ends in front of end, which is taken, too: from 1 on, written
 * in the one way there is.  Nineteen digits may be less than 2^63. */
static int64_t
line_take_digits(struct cursor *cursor, char end)
{
	size_t digits = strspn(cursor->at, "0123456789");
	int64_t number;

	errno = 0;
	number = strtoll(cursor->at, NULL, 10);
	if (digits == 0 || cursor->at[0] == '0' || errno != 0 ||
	    cursor->at[digits] != end) {
		line_fail_here(cursor);
		return 0;
	}
	cursor->at += digits + 1;
	return number;
}

static int64_t
line_take_number(struct cursor *cursor, const struct decision_field *field)
{
	int64_t number;

	if (!line_take_name(cursor, field->name) || line_take(cursor, "- "))
		return 0;
	if (field->form == DECISION_FORM_NUMBER)
		return line_take_digits(cursor, ' ');
	number = line_take(cursor, "\"") ? line_take_digits(cursor, '"') : 0;
	if (number == 0 || !line_take(cursor, " "))
		line_fail_here(cursor);
	return number;
}

/* The last value: its end may be missing, as in a line that was too long. */
static void
line_take_reason(struct cursor *cursor, const char *name)
{
	char *reason, *end;

	if (!line_take_name(cursor, name))
		return;
	if (!line_take(cursor, "\"")) {
		line_fail_here(cursor);
		return;
	}
	reason = cursor->at;
	end = strchr(reason, '"');
	if (end != NULL ? end[1] != '\0' : !ends_cut(reason))
		line_fail(cursor, DECISION_LINE_BAD);
	if (end != NULL)
		*end = '\0';
	if (!is_printable(reason) || !decision_unescape(reason))
		line_fail(cursor, DECISION_LINE_BAD);
	cursor->record->reason = reason;
}

/* --- the line ------------------------------------------------------------ */

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
line_take_verdict(struct cursor *cursor)
{
	size_t length = strcspn(cursor->at, " ");

	if (cursor->at[length] != ' ' || !verdict_parse(cursor->at, length,
	    &cursor->record->verdict))
		return false;
	cursor->at += length + 1;
	return true;
}

static void
line_take_member(struct cursor *cursor, const struct decision_field *field)
{
	struct decision_record *record = cursor->record;

	switch (field->form) {
	case DECISION_FORM_TEXT:
		decision_set_text(record, field,
		    line_take_value(cursor, field->name));
		break;
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		decision_set_number(record, field, line_take_number(cursor,
		    field));
		break;
	case DECISION_FORM_VERDICT:
		break;		/* has been taken */
	case DECISION_FORM_CLIENT:
		record->client = line_take_client(cursor, field->name);
		break;
	case DECISION_FORM_SHA256:
		record->certificate.sha256 = line_take_sha256(cursor,
		    field->name);
		break;
	case DECISION_FORM_NAMES:
		line_take_names(cursor, field->name);
		break;
	case DECISION_FORM_LOCAL:
		line_take_local(cursor, field->name);
		break;
	case DECISION_FORM_TIME:
		line_take_time(cursor, field->name);
		break;
	case DECISION_FORM_REASON:
		line_take_reason(cursor, field->name);
		break;
	}
}

enum decision_line_kind
decision_line_parse(char *line, const char *names[DECISION_NAMES_MAX],
    struct decision_record *record_r)
{
	struct cursor cursor = {
		.at = find_decision(line),
		.wrong = DECISION_LINE_GOOD,
		.record = record_r,
		.names = names,
	};

	memset(record_r, 0, sizeof(*record_r));
	if (cursor.at == NULL || !line_take_verdict(&cursor))
		return DECISION_LINE_OTHER;
	if (strlen(cursor.at) >= DECISION_LINE_MAX)
		line_fail(&cursor, DECISION_LINE_BAD);
	for (size_t i = 0; i < DECISION_FIELD_COUNT &&
	    cursor.wrong == DECISION_LINE_GOOD; i++)
		line_take_member(&cursor, &decision_fields[i]);
	if (cursor.wrong != DECISION_LINE_GOOD)
		memset(record_r, 0, sizeof(*record_r));
	return cursor.wrong;
}
