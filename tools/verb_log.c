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

enum form { FORM_TEXT = 0, FORM_NUMBER, FORM_TIME };

/* Kinds of records, as bits. */
enum { DECISION = 1, SESSION = 2, TICKET = 4, EVENT = 8 };

/* A line's fields, in their order, and the kinds that always have them. */
static const struct {
	enum audit_column column;
	const char *key;	/* in a line */
	const char *name;	/* in JSON */
	enum form form;
	unsigned int kinds;
} fields[] = {
	{ AUDIT_USER, "user", "user", FORM_TEXT, DECISION | SESSION | TICKET },
	{ AUDIT_VM, "vm", "vm", FORM_TEXT, DECISION | SESSION | TICKET },
	{ AUDIT_VM_SOURCE, "source", "vm_source", FORM_TEXT, DECISION },
	{ AUDIT_SERVICE, "service", "service", FORM_TEXT, DECISION | SESSION },
	{ AUDIT_CLIENT, "client", "client", FORM_TEXT,
	    DECISION | SESSION | TICKET },
	{ AUDIT_CERT_CN, "cert", "cert_cn", FORM_TEXT, DECISION },
	{ AUDIT_CERT_SHA256, "fp", "cert_sha256", FORM_TEXT, DECISION },
	{ AUDIT_LOCAL_USER, "local", "local_user", FORM_TEXT, DECISION },
	{ AUDIT_AT, "at", "time", FORM_TIME, DECISION | SESSION | TICKET |
	    EVENT },
	{ AUDIT_MECHANISM, "mech", "mechanism", FORM_TEXT, DECISION },
	{ AUDIT_SOCKET, "socket", "socket", FORM_TEXT, DECISION },
	{ AUDIT_GRANT, "grant", "grant", FORM_NUMBER, DECISION },
	{ AUDIT_REVISION, "revision", "revision", FORM_NUMBER, DECISION },
	{ AUDIT_TICKET, "ticket", "ticket", FORM_NUMBER, DECISION | TICKET },
	/* 63 bits, which is more than jq(1) and JavaScript can count */
	{ AUDIT_SESSION, "session", "session", FORM_TEXT, DECISION | SESSION },
	{ AUDIT_ISSUED_BY, "by", "issued_by", FORM_TEXT, TICKET },
	{ AUDIT_REASON, "reason", "reason", FORM_TEXT, DECISION },
};

static const struct {
	const char *name;
	unsigned int kind;
} kinds[] = {
	{ "decision", DECISION },
	{ "session", SESSION },
	{ "ticket", TICKET },
	{ "event", EVENT },
};

struct printer {
	FILE *out;
	bool json;
};

/* --- a record ---------------------------------------------------------------- */

static void
utc_text(char out[64], int64_t at)
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

/* As log/decision_writer.h has it; backslashes stand for something already. */
static void
print_quoted(FILE *out, const char *text)
{
	putc('"', out);
	escape_print(out, text, ESCAPE_QUOTED);
	putc('"', out);
}

static void
print_field(FILE *out, const struct audit_record *record, size_t field)
{
	const char *text = record->text[fields[field].column];
	char utc[64];

	fprintf(out, " %s=", fields[field].key);
	if (fields[field].form == FORM_TIME) {
		utc_text(utc, record->at);
		text = utc;
	}
	if (text == NULL)
		putc('-', out);
	else if (fields[field].form == FORM_NUMBER)
		fputs(text, out);
	else
		print_quoted(out, text);
}

static unsigned int
kind_of(const struct audit_record *record)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, record->text[AUDIT_KIND]) == 0)
			return kinds[i].kind;
	}
	return 0;
}

static void
print_line(FILE *out, const struct audit_record *record)
{
	unsigned int kind = kind_of(record);

	print_local(out, record->at);
	putc(' ', out);
	if (kind != DECISION)
		fprintf(out, "%s ", record->text[AUDIT_KIND]);
	if (kind == EVENT)
		print_quoted(out, record->text[AUDIT_WHAT]);
	else
		fputs(record->text[AUDIT_WHAT], out);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if ((fields[i].kinds & kind) != 0 ||
		    record->text[fields[i].column] != NULL)
			print_field(out, record, i);
	}
	putc('\n', out);
}

static void
put_field(json_object *map, const struct audit_record *record, size_t field)
{
	const char *text = record->text[fields[field].column];
	const char *name = fields[field].name;
	char utc[64];

	if (fields[field].form == FORM_NUMBER) {
		json_put_number(map, name, strtoll(text, NULL, 10));
		return;
	}
	if (fields[field].form == FORM_TIME) {
		utc_text(utc, record->at);
		text = utc;
	}
	json_put_text(map, name, text);
}

static void
print_json(FILE *out, const struct audit_record *record)
{
	json_object *map = json_map();

	json_put_number(map, "id", record->id);
	json_put_text(map, "kind", record->text[AUDIT_KIND]);
	json_put_text(map, "what", record->text[AUDIT_WHAT]);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (record->text[fields[i].column] != NULL)
			put_field(map, record, i);
	}
	json_print_line(out, map);
}

/* Somebody may have put rows into the file that vmauthzd did not. */
static void
print_record(void *context, const struct audit_record *record)
{
	const struct printer *printer = context;

	if (record->text[AUDIT_KIND] == NULL ||
	    record->text[AUDIT_WHAT] == NULL)
		return;
	if (printer->json)
		print_json(printer->out, record);
	else
		print_line(printer->out, record);
}

/* --- all of them ------------------------------------------------------------- */

struct log {
	const char *folder;
	struct audit_filter filter;
	struct audit_place place;
	bool json, follow;
};

static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

/* Whether all of it got there.  Who follows ends when nobody listens. */
static bool
print_text(const struct log *log, const char *text, size_t size)
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
	    print_record, &printer, detail);
	if (fclose(printer.out) != 0)
		err(CLI_FAILED, "open_memstream");
	if (count < 0)
		warnx("%s", detail);
	told = print_text(log, text, size);
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
	action.sa_handler = stop;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static int
run(struct log *log)
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

/* --- what is asked for ------------------------------------------------------- */

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
read_since(const char *text, int64_t *since_r)
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
read_user(const char *text, char user_r[AUDIT_TEXT_MAX + 1])
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
	if (!read_since(since, &log.filter.since) ||
	    (user != NULL && !read_user(user, stored_user)))
		return CLI_USAGE;
	if (vm != NULL)
		audit_text(stored_vm, vm);
	log.filter.user = user != NULL ? stored_user : NULL;
	log.filter.vm = vm != NULL ? stored_vm : NULL;
	return run(&log);
}
