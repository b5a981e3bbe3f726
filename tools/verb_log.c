/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz log: prints the audit of vmauthzd. */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "decide/condition.h"
#include "saslauthd-ext/store/audit_read.h"
#include "tools/cli.h"
#include "tools/json_out.h"
#include "tools/verbs.h"

#define DEFAULT_STATE LOCALSTATEDIR "/lib/vmauthz"

enum { LOG_POLL_MS = 500 };

/* Kinds of records, as bits. */
enum {
	LOG_DECISION = 1 << AUDIT_DECISION,
	LOG_SESSION = 1 << AUDIT_SESSION,
	LOG_TICKET = 1 << AUDIT_TICKET,
	LOG_EVENT = 1 << AUDIT_EVENT,
};

/* The kinds of records whose lines have a field even if it is empty. */
static const unsigned int always[DECISION_FIELD_COUNT] = {
	[DECISION_USER] = LOG_DECISION | LOG_SESSION | LOG_TICKET,
	[DECISION_VM] = LOG_DECISION | LOG_SESSION | LOG_TICKET,
	[DECISION_VM_SOURCE] = LOG_DECISION,
	[DECISION_SERVICE] = LOG_DECISION | LOG_SESSION,
	[DECISION_CLIENT] = LOG_DECISION | LOG_SESSION | LOG_TICKET,
	[DECISION_CERT_CN] = LOG_DECISION,
	[DECISION_CERT_SHA256] = LOG_DECISION,
	[DECISION_LOCAL_USER] = LOG_DECISION,
	[DECISION_AT] = LOG_DECISION | LOG_SESSION | LOG_TICKET | LOG_EVENT,
	[DECISION_MECHANISM] = LOG_DECISION,
	[DECISION_SOCKET] = LOG_DECISION,
	[DECISION_GRANT] = LOG_DECISION,
	[DECISION_REVISION] = LOG_DECISION,
	[DECISION_TICKET] = LOG_DECISION | LOG_TICKET,
	[DECISION_SESSION] = LOG_DECISION | LOG_SESSION,
	[DECISION_REASON] = LOG_DECISION,
};

enum { LOG_FIELD_MAX = 2 * REQUEST_SHA256_SIZE + 1 };

struct log_printer {
	FILE *out;
	bool json;
};

/* --- a record ------------------------------------------------------------ */

static void
log_utc_text(char out[LOG_FIELD_MAX], int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	struct tm tm;
	size_t used;

	if (at < 0 || gmtime_r(&seconds, &tm) == NULL ||
	    (used = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm)) == 0)
		strcpy(out, "?");
	else
		sprintf(out + used, ".%03dZ", (int)(at % 1000));
}

static void
log_print_local_time(FILE *out, int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	char text[64];
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, sizeof(text),
	    "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "?");
	fputs(text, out);
}

/* A value as in the log's line; NULL is "-".  The audit stores texts with their
 * escapes, so that a backslash needs none. */
static void
log_print_quoted(FILE *out, const char *text)
{
	if (text == NULL) {
		putc('-', out);
		return;
	}
	putc('"', out);
	escape_print(out, text, ESCAPE_QUOTED);
	putc('"', out);
}

/* The verdict or the event, with which a line begins; NULL if the database has
 * neither. */
static const char *
log_outcome(const struct audit_row *row)
{
	return row->kind == AUDIT_DECISION ?
	    verdict_name(row->record.verdict) : row->event;
}

/* The value of a field as text, in the record or in room; NULL: none. */
static const char *
log_field_text(const struct decision_record *record,
    const struct decision_field *field, char room[LOG_FIELD_MAX])
{
	switch (field->form) {
	case DECISION_FORM_TEXT:
	case DECISION_FORM_CLIENT:
	case DECISION_FORM_LOCAL:
	case DECISION_FORM_REASON:
		return decision_text(record, field);
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		snprintf(room, LOG_FIELD_MAX, "%" PRId64,
		    decision_number(record, field));
		return decision_number(record, field) != 0 ? room : NULL;
	case DECISION_FORM_TIME:
		log_utc_text(room, record->at);
		return room;
	case DECISION_FORM_SHA256:
		if (record->certificate.sha256 == NULL)
			return NULL;
		for (size_t i = 0; i < REQUEST_SHA256_SIZE; i++)
			sprintf(room + 2 * i, "%02x",
			    record->certificate.sha256[i]);
		return room;
	case DECISION_FORM_VERDICT:
	case DECISION_FORM_NAMES:
		break;		/* the line's first word; not in the audit */
	}
	return NULL;
}

static void
log_print_field(FILE *out, const struct decision_field *field, const char *text)
{
	fprintf(out, " %s=", field->name);
	if (text != NULL && field->form == DECISION_FORM_NUMBER)
		fputs(text, out);
	else
		log_print_quoted(out, text);
}

static void
log_print_line(FILE *out, const struct audit_row *row)
{
	char room[LOG_FIELD_MAX];

	log_print_local_time(out, row->record.at);
	putc(' ', out);
	if (row->kind != AUDIT_DECISION)
		fprintf(out, "%s ", audit_kind_names[row->kind]);
	if (row->kind == AUDIT_EVENT)
		log_print_quoted(out, row->event);
	else
		fputs(log_outcome(row), out);
	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
		const struct decision_field *field = &decision_fields[i];
		const char *text = log_field_text(&row->record, field, room);

		if (text != NULL || (always[i] & 1U << row->kind) != 0)
			log_print_field(out, field, text);
	}
	if (row->issued_by != NULL || row->kind == AUDIT_TICKET) {
		fputs(" issued_by=", out);
		log_print_quoted(out, row->issued_by);
	}
	putc('\n', out);
}

static void
log_print_json(FILE *out, const struct audit_row *row)
{
	json_object *map = json_map();
	char room[LOG_FIELD_MAX];

	json_put_number(map, "id", row->id);
	json_put_text(map, "kind", audit_kind_names[row->kind]);
	json_put_text(map, row->kind == AUDIT_DECISION ?
	    decision_fields[DECISION_VERDICT].name : "event", log_outcome(row));
	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
		const struct decision_field *field = &decision_fields[i];
		const char *text = log_field_text(&row->record, field, room);

		if (text != NULL && field->form == DECISION_FORM_NUMBER)
			json_put_number(map, field->name,
			    decision_number(&row->record, field));
		else if (text != NULL)
			json_put_text(map, field->name, text);
	}
	if (row->issued_by != NULL)
		json_put_text(map, "issued_by", row->issued_by);
	json_print_line(out, map);
}

static void
log_print_row_cb(void *context, const struct audit_row *row)
{
	const struct log_printer *printer = context;

	if (log_outcome(row) == NULL)
		return;		/* a row that vmauthzd did not write */
	if (printer->json)
		log_print_json(printer->out, row);
	else
		log_print_line(printer->out, row);
}

/* --- all records --------------------------------------------------------- */

struct log {
	const char *folder;
	struct audit_filter filter;
	struct audit_place place;
	bool json, follow;
};

static volatile sig_atomic_t log_stopped;

static void
log_stop_cb(int number)
{
	(void)number;
	log_stopped = 1;
}

/* Whether all of text was written.  With --follow, a reader that closed the
 * pipe is no error, but the end. */
static bool
log_print_text(const struct log *log, const char *text, size_t size)
{
	fwrite(text, 1, size, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (log->follow && errno == EPIPE)
		log_stopped = 1;
	else
		warn("standard output");
	return log_stopped != 0;
}

/* Prints the records of one file, after closing it: a pager that does not read
 * on must not block vmauthzd in rotating its files.  Returns their number, or
 * -1. */
static int
log_print_some(struct log *log)
{
	char detail[AUDIT_DETAIL_MAX], *text = NULL;
	size_t size = 0;
	struct log_printer printer = {
		.out = open_memstream(&text, &size), .json = log->json,
	};
	bool printed;
	int count;

	if (printer.out == NULL)
		err(CLI_FAILED, "open_memstream");
	count = audit_read(log->folder, &log->filter, &log->place,
	    log_print_row_cb, &printer, detail);
	if (fclose(printer.out) != 0)
		err(CLI_FAILED, "open_memstream");
	if (count < 0)
		warnx("%s", detail);
	printed = log_print_text(log, text, size);
	free(text);
	if (!printed)
		exit(CLI_FAILED);
	return count;
}

/* Warns of a file that can't be read, and goes on with the next one. */
static bool
log_print_all(struct log *log)
{
	struct audit_place before;
	bool good = true;
	int count;

	do {
		before = log->place;
		count = log_print_some(log);
		good = good && count >= 0;
	} while (log_stopped == 0 && (count > 0 ||
	    memcmp(&before, &log->place, sizeof(before)) != 0));
	return good;
}

static void
log_catch_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = log_stop_cb;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static int
log_run(struct log *log)
{
	struct pollfd listener = { .fd = 1, .events = 0 };
	bool good;

	if (log->follow)
		log_catch_signals();
	good = log_print_all(log);
	while (log->follow && log_stopped == 0) {
		if (poll(&listener, 1, LOG_POLL_MS) > 0)
			break;
		good = log_print_all(log) && good;
	}
	return good ? EXIT_SUCCESS : CLI_FAILED;
}

/* --- options ------------------------------------------------------------- */

/* An age such as "-7d", in seconds; 0 if text is not an age. */
static time_t
log_parse_age(const char *text)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	    { 'w', 604800 } };
	size_t digits = text[0] == '-' ? strspn(text + 1, "0123456789") : 0;

	if (digits == 0 || digits > 6 || strlen(text) != digits + 2)
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == text[digits + 1])
			return (time_t)(strtol(text + 1, NULL, 10) *
			    units[i].seconds);
	}
	return 0;
}

static bool
log_parse_since(const char *text, int64_t *since_r)
{
	char day[sizeof("2026-12-31 00:00")];
	time_t when = 0;

	*since_r = INT64_MIN;
	if (text == NULL)
		return true;
	if (log_parse_age(text) != 0) {
		when = time(NULL) - log_parse_age(text);
	} else if (!moment_parse(text, &when)) {
		snprintf(day, sizeof(day), "%.10s 00:00", text);
		if (strlen(text) != strlen("2026-12-31") ||
		    !moment_parse(day, &when)) {
			warnx("--since: '%s' is neither so long ago, as in -7d,"
			    " nor a time, in UTC, as in '2026-12-31 18:00'",
			    text);
			return false;
		}
	}
	*since_r = (int64_t)when * 1000;
	return true;
}

/* A pattern is used unchanged; any other user needs a realm, as all users in
 * the audit have one. */
static bool
log_parse_user(const char *text, char user_r[AUDIT_TEXT_MAX + 1])
{
	struct identity identity;

	if (strpbrk(text, "*?[") != NULL) {
		audit_text(user_r, text);
		return true;
	}
	if (!cli_identity(text, NULL, &identity))
		return false;
	audit_text(user_r, identity.text);
	return true;
}

int
verb_log(const char *path, int argc, char **argv)
{
	const char *folder = NULL, *user = NULL, *vm = NULL, *since = NULL;
	char stored_user[AUDIT_TEXT_MAX + 1], stored_vm[AUDIT_TEXT_MAX + 1];
	struct log log = { .folder = DEFAULT_STATE };
	const struct cli_option options[] = {
		{ .name = "denied", .flag = &log.filter.denied },
		{ .name = "follow", .flag = &log.follow },
		{ .name = "json", .flag = &log.json },
		{ .name = "since", .values = &since, .room = 1 },
		{ .name = "state", .values = &folder, .room = 1 },
		{ .name = "user", .values = &user, .room = 1 },
		{ .name = "vm", .values = &vm, .room = 1 },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz log [--user USER] [--vm VM]"
		    " [--since TIME] [--denied] [--json] [--follow]"
		    " [--state FOLDER]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	int status;

	(void)path;
	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	if (folder != NULL)
		log.folder = folder;
	if (!log_parse_since(since, &log.filter.since) ||
	    (user != NULL && !log_parse_user(user, stored_user)))
		return CLI_USAGE;
	if (vm != NULL)
		audit_text(stored_vm, vm);
	log.filter.user = user != NULL ? stored_user : NULL;
	log.filter.vm = vm != NULL ? stored_vm : NULL;
	return log_run(&log);
}
