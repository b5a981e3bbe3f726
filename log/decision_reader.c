/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "log/decision_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/hex.h"

/* The rest of the line.  The first error sets wrong, and stays. */
struct line_cursor {
	char *at;
	enum decision_line_kind wrong;	/* DECISION_LINE_GOOD: nothing */
	struct decision_record *record;
	const char **names;		/* room for DECISION_NAMES_MAX */
};

static void
line_fail(struct line_cursor *cursor, enum decision_line_kind wrong)
{
	if (cursor->wrong == DECISION_LINE_GOOD)
		cursor->wrong = wrong;
}

static bool
line_text_is_cut(const char *text)
{
	size_t length = strlen(text);

	return length >= 3 && strcmp(text + length - 3, "...") == 0;
}

/* The next field is not where it should be: the log cut the line, or somebody
 * else wrote it. */
static void
line_fail_at(struct line_cursor *cursor)
{
	line_fail(cursor, line_text_is_cut(cursor->at) ? DECISION_LINE_CUT :
	    DECISION_LINE_BAD);
}

static bool
line_skip(struct line_cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* --- values -------------------------------------------------------------- */

/* One style for all fields.  The writer escapes a comma in alternative names
 * alone, but to accept it elsewhere does no harm. */
static bool
line_unescape(char *text)
{
	size_t length = strlen(text);

	return escape_read(text, length + 1, text, length, ESCAPE_LOG_LIST);
}

/* Octets above 0x7e are negative where char is signed: refused, too. */
static bool
line_text_is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* "name=", in front of a value. */
static bool
line_parse_name(struct line_cursor *cursor, const char *name)
{
	if (line_skip(cursor, name) && line_skip(cursor, "="))
		return true;
	line_fail_at(cursor);
	return false;
}

/* The value between quotes, still escaped; the second quote becomes its NUL.
 * NULL if the value is "-", or malformed.  A quote within a value is escaped,
 * so that the next one is the end. */
static char *
line_parse_raw(struct line_cursor *cursor, const char *name)
{
	char *begin, *end;

	if (!line_parse_name(cursor, name))
		return NULL;
	if (line_skip(cursor, "- "))
		return NULL;
	begin = cursor->at + 1;
	end = *cursor->at == '"' ? strchr(begin, '"') : NULL;
	if (end == NULL || end[1] != ' ') {
		line_fail_at(cursor);
		return NULL;
	}
	*end = '\0';
	cursor->at = end + 2;
	if (!line_text_is_printable(begin))
		line_fail(cursor, DECISION_LINE_BAD);
	else if (line_text_is_cut(begin))
		line_fail(cursor, DECISION_LINE_CUT);
	return begin;
}

static char *
line_parse_value(struct line_cursor *cursor, const char *name)
{
	char *value = line_parse_raw(cursor, name);

	if (value != NULL && !line_unescape(value))
		line_fail(cursor, DECISION_LINE_BAD);
	return value;
}

/* An address; a plugin's line has "192.0.2.7:4711" or "[2001:db8::7]:4711".
 * Any other text is returned unchanged, and matches no network. */
static const char *
line_parse_client(struct line_cursor *cursor, const char *name)
{
	char *client = line_parse_value(cursor, name);
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

/* The octets overwrite the first half of their own digits: the line is the
 * record's memory. */
static const unsigned char *
line_parse_sha256(struct line_cursor *cursor, const char *name)
{
	char *text = line_parse_raw(cursor, name);

	if (text == NULL)
		return NULL;
	if (!hex_read((unsigned char *)text, REQUEST_SHA256_SIZE, text))
		line_fail(cursor, DECISION_LINE_BAD);
	return (const unsigned char *)text;
}

static void
line_parse_names(struct line_cursor *cursor, const char *key)
{
	struct request_certificate *certificate = &cursor->record->certificate;
	char *rest = line_parse_raw(cursor, key), *name;

	while (rest != NULL) {
		name = strsep(&rest, ",");
		if (certificate->name_count == DECISION_NAMES_MAX ||
		    name[0] == '\0' || !line_unescape(name)) {
			line_fail(cursor, DECISION_LINE_BAD);
			return;
		}
		cursor->names[certificate->name_count++] = name;
		certificate->names = cursor->names;
	}
}

/* An account in quotes, or the bare word remote: an account of that name stands
 * in quotes. */
static void
line_parse_local(struct line_cursor *cursor, const char *name)
{
	struct decision_record *record = cursor->record;
	char *begin = cursor->at;

	if (line_skip(cursor, name) && line_skip(cursor, "=remote ")) {
		record->local = REQUEST_LOCAL_REMOTE;
		return;
	}
	cursor->at = begin;
	record->local_user = line_parse_value(cursor, name);
	if (record->local_user != NULL)
		record->local = REQUEST_LOCAL_ACCOUNT;
}

/* "2026-11-23T14:05:09Z".  strptime(3) also accepts a day such as 31 February,
 * and missing digits: written back, the time has to give the same text. */
static void
line_parse_time(struct line_cursor *cursor, const char *name)
{
	const char *text = line_parse_raw(cursor, name), *end;
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

/* A number and the character end behind it.  The writer puts "-" for 0, and no
 * zeros or sign in front.  Whether nineteen digits are less than 2^63 is left
 * to strtoll(3). */
static int64_t
line_parse_digits(struct line_cursor *cursor, char end)
{
	size_t digits = strspn(cursor->at, "0123456789");
	int64_t number;

	errno = 0;
	number = strtoll(cursor->at, NULL, 10);
	if (digits == 0 || cursor->at[0] == '0' || errno != 0 ||
	    cursor->at[digits] != end) {
		line_fail_at(cursor);
		return 0;
	}
	cursor->at += digits + 1;
	return number;
}

static int64_t
line_parse_number(struct line_cursor *cursor,
    const struct decision_field *field)
{
	int64_t number;

	if (!line_parse_name(cursor, field->name) || line_skip(cursor, "- "))
		return 0;
	if (field->form == DECISION_FORM_NUMBER)
		return line_parse_digits(cursor, ' ');
	number = line_skip(cursor, "\"") ? line_parse_digits(cursor, '"') : 0;
	if (number == 0 || !line_skip(cursor, " "))
		line_fail_at(cursor);
	return number;
}

/* The last value.  Its closing quote may be missing: the writer ends a line
 * that is too long in "...", and the fields before are then complete. */
static void
line_parse_reason(struct line_cursor *cursor, const char *name)
{
	char *reason, *end;

	if (!line_parse_name(cursor, name))
		return;
	if (!line_skip(cursor, "\"")) {
		line_fail_at(cursor);
		return;
	}
	reason = cursor->at;
	end = strchr(reason, '"');
	if (end != NULL ? end[1] != '\0' : !line_text_is_cut(reason))
		line_fail(cursor, DECISION_LINE_BAD);
	if (end != NULL)
		*end = '\0';
	if (!line_text_is_printable(reason) || !line_unescape(reason))
		line_fail(cursor, DECISION_LINE_BAD);
	cursor->record->reason = reason;
}

/* --- the line ------------------------------------------------------------ */

/* The text behind "vmauthz[pid]: ", if that is the first tag of the line: a
 * program that logs what its client sent writes its own tag in front, so a
 * client of another service can't forge a decision. */
static char *
line_find_decision(char *line)
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
line_parse_verdict(struct line_cursor *cursor)
{
	size_t length = strcspn(cursor->at, " ");

	if (cursor->at[length] != ' ' || !verdict_parse(cursor->at, length,
	    &cursor->record->verdict))
		return false;
	cursor->at += length + 1;
	return true;
}

static void
line_parse_member(struct line_cursor *cursor,
    const struct decision_field *field)
{
	struct decision_record *record = cursor->record;

	switch (field->form) {
	case DECISION_FORM_TEXT:
		decision_set_text(record, field,
		    line_parse_value(cursor, field->name));
		break;
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		decision_set_number(record, field, line_parse_number(cursor,
		    field));
		break;
	case DECISION_FORM_VERDICT:
		break;		/* line_parse_verdict() has read it */
	case DECISION_FORM_CLIENT:
		record->client = line_parse_client(cursor, field->name);
		break;
	case DECISION_FORM_SHA256:
		record->certificate.sha256 = line_parse_sha256(cursor,
		    field->name);
		break;
	case DECISION_FORM_NAMES:
		line_parse_names(cursor, field->name);
		break;
	case DECISION_FORM_LOCAL:
		line_parse_local(cursor, field->name);
		break;
	case DECISION_FORM_TIME:
		line_parse_time(cursor, field->name);
		break;
	case DECISION_FORM_REASON:
		line_parse_reason(cursor, field->name);
		break;
	}
}

enum decision_line_kind
decision_line_parse(char *line, const char *names[DECISION_NAMES_MAX],
    struct decision_record *record_r)
{
	struct line_cursor cursor = {
		.at = line_find_decision(line),
		.wrong = DECISION_LINE_GOOD,
		.record = record_r,
		.names = names,
	};

	memset(record_r, 0, sizeof(*record_r));
	if (cursor.at == NULL || !line_parse_verdict(&cursor))
		return DECISION_LINE_OTHER;
	if (strlen(cursor.at) >= DECISION_LINE_MAX)
		line_fail(&cursor, DECISION_LINE_BAD);
	for (size_t i = 0; i < DECISION_FIELD_COUNT &&
	    cursor.wrong == DECISION_LINE_GOOD; i++)
		line_parse_member(&cursor, &decision_fields[i]);
	if (cursor.wrong != DECISION_LINE_GOOD)
		memset(record_r, 0, sizeof(*record_r));
	return cursor.wrong;
}
