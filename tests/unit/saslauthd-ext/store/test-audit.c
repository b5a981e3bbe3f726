/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/store/audit.h"
#include "saslauthd-ext/store/audit_file.h"
#include "saslauthd-ext/store/audit_read.h"
#include "tests/unit/unit.h"

enum { DAY = 24 * 3600 * 1000, PATIENCE = 1000, TICK_US = 10000 };

static const int64_t noon = INT64_C(1795435200123);	/* 2026-11-23 */
static char folder[] = "/tmp/vmauthz-audit-XXXXXX";
static struct config config;

/* --- the folder ---------------------------------------------------------- */

static void
path_of(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s/%.255s", folder, name);
}

static void
clear_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		path_of(path, entry->d_name);
		if (entry->d_name[0] != '.' && unlink(path) != 0)
			rmdir(path);
	}
	closedir(dir);
}

/* Files whose names begin so. */
static int
count_files(const char *prefix)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return count;
}

static int
set_up(void **state)
{
	(void)state;
	clear_folder();
	memset(&config, 0, sizeof(config));
	strcpy(config.state, folder);
	config.audit_size = 64;
	config.audit_age = 90;
	config.audit_keep = 5;
	return 0;
}

static struct audit *
open_audit(void)
{
	struct audit *audit = NULL;

	assert_int_equal(audit_open(&audit, &config), ERROR_NONE);
	assert_non_null(audit);
	return audit;
}

/* The first column of the first row, or the error, of a connection of its
 * own; the file is name. */
static const char *
ask_file(const char *name, const char *sql)
{
	static char answer[4096];
	char path[PATH_MAX];
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	const char *text;

	path_of(path, name);
	assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	sqlite3_busy_timeout(handle, PATIENCE * 10);
	answer[0] = '\0';
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) !=
	    SQLITE_OK || sqlite3_step(statement) == SQLITE_ERROR ||
	    sqlite3_errcode(handle) == SQLITE_CONSTRAINT)
		snprintf(answer, sizeof(answer), "%s", sqlite3_errmsg(handle));
	else if ((text = (const char *)sqlite3_column_text(statement, 0)) !=
	    NULL)
		snprintf(answer, sizeof(answer), "%s", text);
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return answer;
}

static const char *
ask(const char *sql)
{
	return ask_file(AUDIT_FILE, sql);
}

static int
say(struct audit *audit, int64_t at, const char *what, const char *detail)
{
	const struct audit_event event = {
		.at = at, .what = what, .detail = detail,
	};

	return audit_event(audit, &event);
}

/* --- records ------------------------------------------------------------- */

static const unsigned char sha256[32] = { 0xab, 0xcd, 0 };

static const struct decision_record whole = {
	.verdict = VERDICT_ALLOW, .user = "alice@example.org", .vm = "debianx",
	.vm_source = "libvirt", .service = "spice", .client = "192.0.2.7",
	.certificate = { .cn = "alice-laptop", .sha256 = sha256 },
	.local = REQUEST_LOCAL_ACCOUNT, .local_user = "alice",
	.mechanism = "SCRAM-SHA-256", .socket = "broker", .grant = 7,
	.revision = 12, .ticket = 3, .session = INT64_MAX, .reason = "a grant",
};

static void
test_decision(void **state)
{
	struct audit *audit = open_audit();
	struct decision_record bare = { .at = noon };
	struct decision_record record = whole;

	(void)state;
	record.at = noon;
	assert_int_equal(audit_decision(audit, &record), ERROR_NONE);
	assert_int_equal(audit_decision(audit, &bare), ERROR_NONE);
	assert_string_equal(audit_detail(audit), "");
	assert_string_equal(ask("SELECT at || verdict ||"
	    " substr(cert_sha256, 1, 6) || length(cert_sha256) FROM decisions"),
	    "2026-11-23 12:00:00.123allowabcd0064");
	assert_string_equal(ask("SELECT count(*) FROM records WHERE id = 2 AND"
	    " verdict = 'deny' AND coalesce(event, user, vm, vm_source,"
	    " service, client, cert_cn, cert_sha256, local_user,"
	    " mechanism, socket, issued_by, grant, revision, ticket,"
	    " session, reason) IS NULL"), "1");
	audit_close(&audit);
	assert_null(audit);
	audit_close(&audit);
	assert_string_equal(ask("SELECT user || vm || vm_source || service ||"
	    " client || cert_cn || local_user || mechanism || socket ||"
	    " grant || revision || ticket || session || reason"
	    " FROM records WHERE id = 1"), "alice@example.orgdebianxlibvirt"
	    "spice192.0.2.7alice-laptopaliceSCRAM-SHA-256broker7123"
	    "9223372036854775807a grant");
}

static void
test_others(void **state)
{
	struct audit *audit = open_audit();
	struct audit_session session = {
		.at = noon, .session = 5, .user = "a@x", .vm = "v",
		.service = "vnc", .client = "::1", .reason = "closed",
	};
	struct audit_ticket ticket = {
		.at = noon, .ticket = 9, .user = "a@x", .vm = "v",
		.client = "192.0.2.0/24", .by = "root",
	};

	(void)state;
	session.event = AUDIT_SESSION_BEGIN;
	assert_int_equal(audit_session(audit, &session), ERROR_NONE);
	session.event = AUDIT_SESSION_END;
	assert_int_equal(audit_session(audit, &session), ERROR_NONE);
	ticket.event = AUDIT_TICKET_ISSUED;
	assert_int_equal(audit_ticket(audit, &ticket), ERROR_NONE);
	ticket.event = AUDIT_TICKET_USED;
	assert_int_equal(audit_ticket(audit, &ticket), ERROR_NONE);
	ticket.event = AUDIT_TICKET_LAPSED;
	assert_int_equal(audit_ticket(audit, &ticket), ERROR_NONE);
	assert_int_equal(say(audit, noon, "started", NULL), ERROR_NONE);
	assert_string_equal(ask("SELECT group_concat(kind || ' ' || event)"
	    " FROM (SELECT * FROM records ORDER BY id)"), "session begin,"
	    "session end,ticket issued,ticket used,ticket lapsed,"
	    "event started");
	assert_string_equal(ask("SELECT event || session || user || vm ||"
	    " service || client || reason FROM sessions WHERE event = 'end'"),
	    "end5a@xvvnc::1closed");
	assert_string_equal(ask("SELECT event || ticket || user || vm ||"
	    " client || issued_by FROM tickets WHERE event = 'used'"),
	    "used9a@xv192.0.2.0/24root");
	assert_string_equal(ask("SELECT coalesce(reason, 'none') FROM events"),
	    "none");
	audit_close(&audit);
}

/* What the schema refuses, whoever asks. */
static void
test_append_only(void **state)
{
	static const struct {
		const char *sql, *words;
	} rows[] = {
		{ "UPDATE records SET verdict = 'allow'", "never changed" },
		{ "UPDATE records SET user = user", "never changed" },
		{ "DELETE FROM records", "never deleted" },
		{ "DELETE FROM records WHERE id = 1", "never deleted" },
		{ "REPLACE INTO records (id, at, kind, event) VALUES (1, 2,"
		    " 'event', 'x')", "never replaced" },
		{ "INSERT INTO records (id, at, kind, event) VALUES (1, 2,"
		    " 'event', 'x') ON CONFLICT DO UPDATE SET at = 2",
		    "never replaced" },
		{ "INSERT INTO records (at, kind, event) VALUES (1, 'other',"
		    " 'x')", "CHECK" },
		{ "INSERT INTO records (at, kind, verdict) VALUES (1,"
		    " 'decision', 'observe')", "CHECK" },
		{ "INSERT INTO records (at, kind) VALUES (1, 'decision')",
		    "CHECK" },
		{ "INSERT INTO records (at, kind) VALUES (1, 'event')",
		    "CHECK" },
		{ "INSERT INTO records (at, kind) VALUES (1, 'session')",
		    "CHECK" },
		{ "INSERT INTO records (at, kind, event, verdict) VALUES (1,"
		    " 'event', 'x', 'deny')", "CHECK" },
		{ "INSERT INTO records (at, kind, event, verdict) VALUES (1,"
		    " 'decision', 'x', 'deny')", "CHECK" },
		{ "INSERT INTO records (at, kind, event) VALUES (1, 'session',"
		    " 'used')", "CHECK" },
		{ "INSERT INTO records (at, kind, verdict, cert_sha256) VALUES"
		    " (1, 'decision', 'deny', x'00')", "CHECK" },
		{ "INSERT INTO records (at, kind, event) VALUES ('noon',"
		    " 'event', 'x')", "cannot store" },
		{ "INSERT INTO records (kind, event) VALUES ('event', 'x')",
		    "NOT NULL" },
	};
	struct audit *audit = open_audit();
	struct decision_record odd = { .at = noon, .verdict = VERDICT_OBSERVE };

	(void)state;
	assert_int_equal(say(audit, noon, "started", "as it was"), ERROR_NONE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].sql);
		assert_non_null(strstr(ask(rows[i].sql), rows[i].words));
	}
	assert_int_equal(audit_decision(audit, &odd), ERROR_REFUSED);
	assert_non_null(strstr(audit_detail(audit), "CHECK"));
	assert_string_equal(ask("SELECT count(*) || min(reason) FROM records"),
	    "1as it was");
	audit_close(&audit);
}

static void
test_texts(void **state)
{
	static const struct {
		const char *title, *text, *stored;
	} rows[] = {
		{ "plain", "a 'b' \"c\" %s", "a 'b' \"c\" %s" },
		{ "empty", "", "" },
		{ "UTF-8", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "a backslash", "a\\x41", "a\\x5cx41" },
		{ "control characters", "\n\t\x1b\x7f",
		    "\\x0a\\x09\\x1b\\x7f" },
		{ "C1", "\xc2\x9b", "\\xc2\\x9b" },
		{ "Latin 1", "caf\xe9!", "caf\\xe9!" },
		{ "cut short", "a\xe2\x82", "a\\xe2\\x82" },
		{ "overlong", "\xc0\xaf", "\\xc0\\xaf" },
		{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "beyond Unicode", "\xf4\x90\x80\x80",
		    "\\xf4\\x90\\x80\\x80" },
		{ "a continuation alone", "\x80\xff", "\\x80\\xff" },
	};
	char out[AUDIT_TEXT_MAX + 1], text[2 * AUDIT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].title);
		audit_text(out, rows[i].text);
		assert_string_equal(out, rows[i].stored);
	}
	for (size_t length = AUDIT_TEXT_MAX - 6; length < sizeof(text) - 8;
	    length++) {
		memset(text, 'x', length);
		strcpy(text + length, length % 2 ? "" : "\xe2\x82\xac");
		audit_text(out, text);
		assert_true(strlen(out) <= AUDIT_TEXT_MAX);
		if (strlen(text) <= AUDIT_TEXT_MAX)
			assert_string_equal(out, text);
		else
			assert_string_equal(out + strlen(out) - 3, "...");
	}
	memset(text, '\xff', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	audit_text(out, text);
	assert_int_equal(strlen(out), 127 * 4 + 3);
}

/* --- the file ------------------------------------------------------------ */

static void
test_file(void **state)
{
	mode_t mask = umask(0);
	struct audit *audit = open_audit();
	char path[PATH_MAX];
	struct stat st;

	(void)state;
	umask(mask);
	path_of(path, AUDIT_FILE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_NONE);
	path_of(path, AUDIT_FILE "-wal");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	audit_close(&audit);
	assert_int_equal(stat(path, &st), -1);
	audit = open_audit();
	assert_string_equal(audit_detail(audit), "");
	assert_int_equal(say(audit, noon, "y", NULL), ERROR_NONE);
	assert_string_equal(
	    ask("SELECT group_concat(id || event) FROM records"), "1x,2y");
	audit_close(&audit);
}

static void
test_refused_files(void **state)
{
	struct audit *audit;
	char path[PATH_MAX], other[PATH_MAX];

	(void)state;
	path_of(path, AUDIT_FILE);
	path_of(other, "other");
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(audit_open(&audit, &config), ERROR_ACCESS);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_ACCESS);
	assert_non_null(strstr(audit_detail(audit), AUDIT_FILE));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_NONE);
	audit_close(&audit);
	clear_folder();
	assert_int_equal(mkfifo(path, 0640), 0);
	assert_int_equal(audit_open(&audit, &config), ERROR_UNSAFE);
	audit_close(&audit);
	clear_folder();
	assert_int_equal(mkdir(path, 0750), 0);
	assert_int_equal(audit_open(&audit, &config), ERROR_ACCESS);
	audit_close(&audit);
	strcat(config.state, "/none");
	assert_int_equal(audit_open(&audit, &config), ERROR_MISSING);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_MISSING);
	audit_close(&audit);
	assert_int_equal(count_files("audit-"), 0);
}

static void
write_octets(const char *name, off_t at, const char *octets, size_t size)
{
	char path[PATH_MAX];
	int fd;

	path_of(path, name);
	fd = open(path, O_WRONLY | O_CREAT, 0640);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, octets, size, at), size);
	close(fd);
}

static void
fill(struct audit *audit, int64_t at, int count)
{
	struct decision_record record = whole;

	for (int i = 0; i < count; i++) {
		record.at = at + i;
		assert_int_equal(audit_decision(audit, &record), ERROR_NONE);
	}
}

static void
expect_aside(int count)
{
	struct audit *audit = open_audit();

	assert_non_null(strstr(audit_detail(audit), "audit-damaged-"));
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_NONE);
	assert_string_equal(audit_detail(audit), "");
	assert_string_equal(ask("SELECT group_concat(event) FROM records"),
	    "x,damaged");
	assert_int_equal(count_files("audit-damaged-"), count);
	audit_close(&audit);
}

static void
test_damaged(void **state)
{
	char octets[8192], path[PATH_MAX];
	struct audit *audit = open_audit();

	(void)state;
	memset(octets, 0x5a, sizeof(octets));
	fill(audit, noon, 200);
	audit_close(&audit);
	TITLE("no database");
	write_octets(AUDIT_FILE, 0, octets, 100);
	expect_aside(1);
	TITLE("cut short");
	path_of(path, AUDIT_FILE);
	assert_int_equal(truncate(path, 5000), 0);
	expect_aside(2);
	TITLE("another application's");
	ask("PRAGMA application_id = 1");
	expect_aside(3);
	TITLE("a version to come");
	ask("PRAGMA user_version = 2");
	expect_aside(4);
	TITLE("a text");
	clear_folder();
	write_octets(AUDIT_FILE, 0, octets, sizeof(octets));
	expect_aside(1);
}

/* The pages are overwritten while it is in use, and after somebody else's
 * record they are read again. */
static void
test_damaged_later(void **state)
{
	struct audit *audit = open_audit();
	char octets[4096];
	int rc = ERROR_NONE;

	(void)state;
	fill(audit, noon, 2000);
	audit_close(&audit);
	audit = open_audit();
	memset(octets, 0x5a, sizeof(octets));
	ask("INSERT INTO records (at, kind, event) VALUES (1, 'event', 'o')");
	for (int i = 1; i < 150; i++)
		write_octets(AUDIT_FILE, 4096 * i, octets, sizeof(octets));
	for (int i = 0; i < PATIENCE && count_files("audit-damaged-") == 0; i++)
		rc = say(audit, noon, "x", NULL);
	assert_int_equal(rc, ERROR_NONE);
	assert_int_equal(count_files("audit-damaged-"), 1);
	assert_string_equal(ask("SELECT group_concat(event) FROM records"),
	    "x,damaged");
	audit_close(&audit);
}

/* --- rotation ------------------------------------------------------------ */

/* Writes until count files of that prefix are there; more slowly when the
 * keeper doesn't follow, as on a machine under load. */
static int
write_until(struct audit *audit, int64_t at, const char *prefix, int count)
{
	int written = 0;

	while (count_files(prefix) != count && written < 60 * PATIENCE) {
		fill(audit, at, 1);
		written++;
		if (written % (written < 10 * PATIENCE ? 1000 : 50) == 0)
			usleep(TICK_US);
	}
	assert_int_equal(count_files(prefix), count);
	return written;
}

static void
test_size(void **state)
{
	struct audit *audit;
	char sql[64];
	int written;

	(void)state;
	config.audit_size = 1;
	audit = open_audit();
	written = write_until(audit, noon, "audit-2026", 1);
	assert_true(written > 1000);
	snprintf(sql, sizeof(sql), "%d", written);
	assert_string_equal(ask_file("audit-20261123T120000Z.db",
	    "SELECT max(id) + 1 FROM records") , sql);
	assert_string_equal(ask("SELECT min(id) FROM records"), sql);
	assert_string_equal(ask_file("audit-20261123T120000Z.db",
	    "PRAGMA journal_mode"), "delete");
	assert_string_equal(ask_file("audit-20261123T120000Z.db",
	    "PRAGMA integrity_check"), "ok");
	audit_close(&audit);
}

/* Polls with one record each time, until the prefix has count files. */
static void
wait_for(struct audit *audit, int64_t at, const char *prefix, int count)
{
	for (int i = 0; i < PATIENCE && count_files(prefix) != count; i++) {
		assert_int_equal(say(audit, at, "x", NULL), ERROR_NONE);
		usleep(TICK_US);
	}
	assert_int_equal(count_files(prefix), count);
}

static void
test_age_and_keep(void **state)
{
	struct audit *audit;
	int64_t at = noon;

	(void)state;
	config.audit_age = 1;
	config.audit_keep = 2;
	audit = open_audit();
	assert_int_equal(say(audit, at, "first", NULL), ERROR_NONE);
	assert_int_equal(say(audit, at + DAY, "x", NULL), ERROR_NONE);
	usleep(10 * TICK_US);
	assert_int_equal(say(audit, at + DAY, "x", NULL), ERROR_NONE);
	assert_int_equal(count_files("audit-2"), 0);
	wait_for(audit, at + DAY + 1, "audit-2", 1);
	audit_close(&audit);
	audit = open_audit();
	TITLE("the clock goes back, and on");
	wait_for(audit, at + DAY + 1, "audit-20261124T120000Z.db", 1);
	write_octets("audit-20261123T120000Z.db.old", 0, "x", 1);
	write_octets("audit-2026112xT120000Z.db", 0, "x", 1);
	write_octets("audit-20261323T120000Z.db", 0, "x", 1);
	wait_for(audit, at + 2 * DAY + 3, "audit-20261125", 1);
	wait_for(audit, at + 3 * DAY + 5, "audit-20261126", 1);
	wait_for(audit, at + 3 * DAY + 5, "audit-20261124", 0);
	assert_int_equal(count_files("audit-"), 2 + 3);
	assert_int_equal(atoi(ask("SELECT min(id) FROM records")) > 3, 1);
	config.audit_keep = 1;
	audit_configure(audit, &config);
	wait_for(audit, at + 3 * DAY + 5, "audit-20261125", 0);
	assert_int_equal(count_files("audit-20261126"), 1);
	audit_close(&audit);
}

static void
test_same_second(void **state)
{
	struct audit *audit;

	(void)state;
	write_octets("audit-20261125T120000Z.db", 0, "not ours", 8);
	config.audit_age = 1;
	audit = open_audit();
	assert_int_equal(say(audit, noon, "first", NULL), ERROR_NONE);
	wait_for(audit, noon + 2 * DAY, "audit-20261125T120001Z.db", 1);
	assert_int_equal(count_files("audit-20261125T120000Z.db"), 1);
	audit_close(&audit);
}

/* A file that somebody reads is not rotated, nor held up. */
static void
test_reader(void **state)
{
	sqlite3 *handle;
	struct audit *audit;
	char path[PATH_MAX];

	(void)state;
	config.audit_age = 1;
	audit = open_audit();
	assert_int_equal(say(audit, noon, "first", NULL), ERROR_NONE);
	path_of(path, AUDIT_FILE);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "BEGIN; SELECT * FROM records",
	    NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(say(audit, noon + 2 * DAY, "x", NULL),
		    ERROR_NONE);
		usleep(TICK_US / 10);
	}
	assert_int_equal(count_files("audit-2"), 0);
	sqlite3_close(handle);
	assert_string_equal(ask("SELECT count(*) FROM records"), "101");
	wait_for(audit, noon + 2 * DAY, "audit-2", 1);
	audit_close(&audit);
}

static void
test_locked(void **state)
{
	struct audit *audit = open_audit();
	struct timespec begin, end;
	char path[PATH_MAX];
	sqlite3 *handle;

	(void)state;
	path_of(path, AUDIT_FILE);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_LOCKED);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true((end.tv_sec - begin.tv_sec) * 1000 +
	    (end.tv_nsec - begin.tv_nsec) / 1000000 < 1000);
	sqlite3_close(handle);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_NONE);
	audit_close(&audit);
}

/* --- a full disk --------------------------------------------------------- */

static void
limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
test_full(void **state)
{
	struct audit *audit = open_audit();
	struct decision_record record = whole;
	char count[16];
	int written = 0, rc;

	(void)state;
	limit_files(300000);
	while ((rc = audit_decision(audit, &record)) == ERROR_NONE &&
	    written < 10000)
		written++;
	assert_int_equal(rc, ERROR_IO);
	assert_non_null(strstr(audit_detail(audit), AUDIT_FILE));
	assert_int_equal(audit_decision(audit, &record), ERROR_IO);
	snprintf(count, sizeof(count), "%d", written);
	assert_string_equal(ask("SELECT count(*) FROM records"), count);
	limit_files(RLIM_INFINITY);
	assert_int_equal(audit_decision(audit, &record), ERROR_NONE);
	assert_string_equal(audit_detail(audit), "");
	snprintf(count, sizeof(count), "%d", written + 1);
	assert_string_equal(ask("SELECT count(*) FROM records"), count);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	audit_close(&audit);
}

/* The file can't even be made. */
static void
test_full_at_first(void **state)
{
	struct audit *audit;

	(void)state;
	signal(SIGXFSZ, SIG_DFL);
	limit_files(1000);
	assert_int_equal(audit_open(&audit, &config), ERROR_IO);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_IO);
	limit_files(RLIM_INFINITY);
	assert_int_equal(say(audit, noon, "x", NULL), ERROR_NONE);
	assert_string_equal(ask("SELECT group_concat(event) FROM records"),
	    "x");
	assert_int_equal(count_files("audit-"), 0);
	audit_close(&audit);
}

/* --- what it takes ------------------------------------------------------- */

static int
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* A flood of 20,000 records, of 4 KiB each in the WAL, leaves a WAL that began
 * anew meanwhile.  In the midst of a checkpoint the keeper may have to wait for
 * a busy machine, and all of a flood goes by: the next one shows it. */
static bool
bounds_wal(struct audit *audit)
{
	char path[PATH_MAX];
	struct stat st;

	path_of(path, AUDIT_FILE "-wal");
	for (int floods = 0; floods < 5; floods++) {
		fill(audit, noon, 20000);
		assert_int_equal(stat(path, &st), 0);
		if (st.st_size < 32 * 1024 * 1024)
			return true;
	}
	return false;
}

static void
test_many(void **state)
{
	struct audit *audit;
	int before = descriptors(), open;
	sqlite3_int64 at_first = sqlite3_memory_used(), used;
	bool bounded = false;

	(void)state;
	audit = open_audit();
	assert_true(bounds_wal(audit));
	audit_close(&audit);
	clear_folder();
	config.audit_size = 1;
	config.audit_keep = 2;
	audit = open_audit();
	fill(audit, noon, 5000);
	open = descriptors();
	used = sqlite3_memory_used();
	for (int i = 0; i < 20; i++) {
		fill(audit, noon, 1000);
		usleep(TICK_US);
	}
	/* The thread may have some open for a moment; and the pages of a file
	 * are in memory until it is rotated, which waits for the thread. */
	for (int i = 0; i < PATIENCE && !bounded; i++) {
		bounded = sqlite3_memory_used() - used < 1024 * 1024 &&
		    descriptors() <= open + 4;
		if (!bounded) {
			fill(audit, noon, 100);
			usleep(TICK_US);
		}
	}
	assert_true(bounded);
	audit_close(&audit);
	assert_int_equal(descriptors(), before);
	assert_true(sqlite3_memory_used() == at_first);
}

/* kill -9 loses no record that was acknowledged. */
static void
test_killed(void **state)
{
	char count[16];
	int pipes[2], acknowledged = 0, number;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		struct audit *audit = open_audit();

		for (int i = 0;; i++) {
			if (say(audit, noon, "x", NULL) != ERROR_NONE)
				_exit(1);
			if (write(pipes[1], &i, sizeof(i)) != sizeof(i))
				_exit(2);
		}
	}
	close(pipes[1]);
	while (acknowledged < 3000 && read(pipes[0], &number,
	    sizeof(number)) == sizeof(number))
		acknowledged++;
	kill(child, SIGKILL);
	while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
		acknowledged++;
	waitpid(child, NULL, 0);
	close(pipes[0]);
	assert_true(acknowledged >= 3000);
	snprintf(count, sizeof(count), "%d", acknowledged);
	number = atoi(ask("SELECT max(id) FROM records"));
	assert_true(number == acknowledged || number == acknowledged + 1);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

/* --- reading ------------------------------------------------------------- */

struct told {
	int count;
	int64_t last;
};

static void
count_record(void *context, const struct audit_row *row)
{
	struct told *told = context;

	assert_true(row->id > told->last);
	told->last = row->id;
	told->count++;
}

/* Every record once, in order, over rotations between and during calls. */
static void
test_read(void **state)
{
	const struct audit_filter all = { .since = INT64_MIN };
	struct audit_place place = { .id = 0 };
	struct told told = { 0, 0 };
	char detail[AUDIT_DETAIL_MAX];
	struct audit *audit;
	int written = 0, rc;

	(void)state;
	config.audit_size = 1;
	config.audit_keep = 100;
	assert_int_equal(audit_read(folder, &all, &place, count_record, &told,
	    detail), 0);
	audit = open_audit();
	while (count_files("audit-2") < 3 && written < 60000) {
		fill(audit, noon, 500);
		written += 500;
		if (written % 3 == 0)
			assert_true(audit_read(folder, &all, &place,
			    count_record, &told, detail) > 0);
		usleep(TICK_US);
	}
	do {
		rc = audit_read(folder, &all, &place, count_record, &told,
		    detail);
	} while (rc > 0);
	assert_int_equal(rc, 0);
	assert_int_equal(count_files("audit-2"), 3);
	assert_int_equal(told.count, written);
	assert_int_equal(told.last, written);
	audit_close(&audit);
}

static int
remove_folder(void **state)
{
	(void)state;
	clear_folder();
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_decision, set_up),
		cmocka_unit_test_setup(test_others, set_up),
		cmocka_unit_test_setup(test_append_only, set_up),
		cmocka_unit_test_setup(test_texts, set_up),
		cmocka_unit_test_setup(test_file, set_up),
		cmocka_unit_test_setup(test_refused_files, set_up),
		cmocka_unit_test_setup(test_damaged, set_up),
		cmocka_unit_test_setup(test_damaged_later, set_up),
		cmocka_unit_test_setup(test_size, set_up),
		cmocka_unit_test_setup(test_age_and_keep, set_up),
		cmocka_unit_test_setup(test_same_second, set_up),
		cmocka_unit_test_setup(test_reader, set_up),
		cmocka_unit_test_setup(test_locked, set_up),
		cmocka_unit_test_setup(test_full, set_up),
		cmocka_unit_test_setup(test_full_at_first, set_up),
		cmocka_unit_test_setup(test_many, set_up),
		cmocka_unit_test_setup(test_killed, set_up),
		cmocka_unit_test_setup(test_read, set_up),
	};

	if (mkdtemp(folder) == NULL)
		return 99;
	return cmocka_run_group_tests(tests, NULL, remove_folder);
}
