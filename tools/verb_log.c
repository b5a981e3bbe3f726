/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz log: what vmauthzd decided, out of its audit. */

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

enum { POLL_MS = 500 };

/* Kinds of records, as bits. */
enum {
	DECISION = 1 << AUDIT_DECISION,
	SESSION = 1 << AUDIT_SESSION,
	TICKET = 1 << AUDIT_TICKET,
	EVENT = 1 << AUDIT_EVENT,
};

/* The kinds whose lines have a field also where there is nothing to say. */
static const unsigned int always[DECISION_FIELD_COUNT] = {
	[DECISION_USER] = DECISION | SESSION | TICKET,
	[DECISION_VM] = DECISION | SESSION | TICKET,
	[DECISION_VM_SOURCE] = DECISION,
	[DECISION_SERVICE] = DECISION | SESSION,
	[DECISION_CLIENT] = DECISION | SESSION | TICKET,
	[DECISION_CERT_CN] = DECISION,
	[DECISION_CERT_SHA256] = DECISION,
	[DECISION_LOCAL_USER] = DECISION,
	[DECISION_AT] = DECISION | SESSION | TICKET | EVENT,
	[DECISION_MECHANISM] = DECISION,
	[DECISION_SOCKET] = DECISION,
	[DECISION_GRANT] = DECISION,
	[DECISION_REVISION] = DECISION,
	[DECISION_TICKET] = DECISION | TICKET,
	[DECISION_SESSION] = DECISION | SESSION,
	[DECISION_REASON] = DECISION,
};

enum { FIELD_TEXT_MAX = 2 * REQUEST_SHA256_SIZE + 1 };

struct printer {
	FILE *out;
	bool json;
};

/* --- a record ------------------------------------------------------------ */

static void
utc_text(char out[FIELD_TEXT_MAX], int64_t at)
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
print_local(FILE *out, int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	char text[64];
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, sizeof(text),
	    "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "?");
	fputs(text, out);
}

/* As log/decision_writer.h has it, NULL included; backslashes stand for
 * something already. */
static void
print_quoted(FILE *out, const char *text)
{
	if (text == NULL) {
		putc('-', out);
		return;
	}
	putc('"', out);
	escape_print(out, text, ESCAPE_QUOTED);
	putc('"', out);
}

/* The words that a line begins with. */
static const char *
word_of(const struct audit_row *row)
{
	return row->kind == AUDIT_DECISION ?
	    verdict_name(row->record.verdict) : row->event;
}

/* What a field holds, as text: in the record, or in room; NULL: nothing. */
static const char *
field_text(const struct decision_record *record,
    const struct decision_field *field, char room[FIELD_TEXT_MAX])
{
	switch (field->form) {
	case DECISION_FORM_TEXT:
	case DECISION_FORM_CLIENT:
	case DECISION_FORM_LOCAL:
	case DECISION_FORM_REASON:
		return decision_text(record, field);
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		snprintf(room, FIELD_TEXT_MAX, "%" PRId64,
		    decision_number(record, field));
		return decision_number(record, field) != 0 ? room : NULL;
	case DECISION_FORM_TIME:
		utc_text(room, record->at);
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
print_field(FILE *out, const struct decision_field *field, const char *text)
{
	fprintf(out, " %s=", field->name);
	if (text != NULL && field->form == DECISION_FORM_NUMBER)
		fputs(text, out);
	else
		print_quoted(out, text);
}

static void
log_print_line(FILE *out, const struct audit_row *row)
{
	char room[FIELD_TEXT_MAX];

	print_local(out, row->record.at);
	putc(' ', out);
	if (row->kind != AUDIT_DECISION)
		fprintf(out, "%s ", audit_kind_names[row->kind]);
	if (row->kind == AUDIT_EVENT)
		print_quoted(out, row->event);
	else
		fputs(word_of(row), out);
	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
		const struct decision_field *field = &decision_fields[i];
		const char *text = field_text(&row->record, field, room);

		if (text != NULL || (always[i] & 1U << row->kind) != 0)
			print_field(out, field, text);
	}
	if (row->issued_by != NULL || row->kind == AUDIT_TICKET) {
		fputs(" issued_by=", out);
		print_quoted(out, row->issued_by);
	}
	putc('\n', out);
}

static void
log_print_json(FILE *out, const struct audit_row *row)
{
	json_object *map = json_map();
	char room[FIELD_TEXT_MAX];

	json_put_number(map, "id", row->id);
	json_put_text(map, "kind", audit_kind_names[row->kind]);
	json_put_text(map, row->kind == AUDIT_DECISION ?
	    decision_fields[DECISION_VERDICT].name : "event", word_of(row));
	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
		const struct decision_field *field = &decision_fields[i];
		const char *text = field_text(&row->record, field, room);

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
print_row_cb(void *context, const struct audit_row *row)
{
	const struct printer *printer = context;

	if (word_of(row) == NULL)
		return;		/* a row that vmauthzd did not write */
	if (printer->json)
		log_print_json(printer->out, row);
	else
		log_print_line(printer->out, row);
}

/* --- all of them --------------------------------------------------------- */

struct log {
	const char *folder;
	struct audit_filter filter;
	struct audit_place place;
	bool json, follow;
};

static volatile sig_atomic_t stopped;

static void
log_stop_cb(int number)
{
	(void)number;
	stopped = 1;
}

/* Whether all of it got there.  Who follows ends when nobody listens. */
static bool
log_print_text(const struct log *log, const char *text, size_t size)
{
	fwrite(text, 1, size, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (log->follow && errno == EPIPE)
		stopped = 1;
	else
		warn("standard output");
	return stopped != 0;
}

/* Records are printed when the file is closed again: a pager that stands
 * still must not keep vmauthzd from rotating.  Returns how many, or -1. */
static int
print_some(struct log *log)
{
	char detail[AUDIT_DETAIL_MAX], *text = NULL;
	size_t size = 0;
	struct printer printer = {
		.out = open_memstream(&text, &size), .json = log->json,
	};
	bool told;
	int count;

	if (printer.out == NULL)
		err(CLI_FAILED, "open_memstream");
	count = audit_read(log->folder, &log->filter, &log->place,
	    print_row_cb, &printer, detail);
	if (fclose(printer.out) != 0)
		err(CLI_FAILED, "open_memstream");
	if (count < 0)
		warnx("%s", detail);
	told = log_print_text(log, text, size);
	free(text);
	if (!told)
		exit(CLI_FAILED);
	return count;
}

/* A file that can't be read is complained about, and the next one read. */
static bool
print_present(struct log *log)
{
	struct audit_place before;
	bool good = true;
	int count;

	do {
		before = log->place;
		count = print_some(log);
		good = good && count >= 0;
	} while (stopped == 0 && (count > 0 ||
	    memcmp(&before, &log->place, sizeof(before)) != 0));
	return good;
}

static void
catch_signals(void)
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
		catch_signals();
	good = print_present(log);
	while (log->follow && stopped == 0) {
		if (poll(&listener, 1, POLL_MS) > 0)
			break;
		good = print_present(log) && good;
	}
	return good ? EXIT_SUCCESS : CLI_FAILED;
}

/* --- what is asked for --------------------------------------------------- */

/* "-7d": so long ago.  Returns 0 if it isn't that. */
static time_t
ago(const char *text)
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
log_read_since(const char *text, int64_t *since_r)
{
	char day[sizeof("2026-12-31 00:00")];
	time_t when = 0;

	*since_r = INT64_MIN;
	if (text == NULL)
		return true;
	if (ago(text) != 0) {
		when = time(NULL) - ago(text);
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

/* A pattern stays as it is; a user needs a realm. */
static bool
log_read_user(const char *text, char user_r[AUDIT_TEXT_MAX + 1])
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
	if (!log_read_since(since, &log.filter.since) ||
	    (user != NULL && !log_read_user(user, stored_user)))
		return CLI_USAGE;
	if (vm != NULL)
		audit_text(stored_vm, vm);
	log.filter.user = user != NULL ? stored_user : NULL;
	log.filter.vm = vm != NULL ? stored_vm : NULL;
	return log_run(&log);
}
