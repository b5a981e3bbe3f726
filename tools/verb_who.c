/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz who: prints the open sessions, from vmauthzd's state database. */

#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/error.h"
#include "base/sqlite_file.h"
#include "vm/peer.h"
#include "saslauthd-ext/store/state.h"
#include "tools/cli.h"
#include "tools/json_out.h"
#include "tools/verbs.h"

#define DEFAULT_STATE LOCALSTATEDIR "/lib/vmauthz"

enum { WHO_BUSY_MS = 1000 };	/* wait for a lock of vmauthzd */

struct who {
	const char *user, *vm;	/* filter; NULL: all */
	bool json;
};

/* --- a session ----------------------------------------------------------- */

/* The columns of the query, the texts first. */
enum column {
	COLUMN_USER, COLUMN_VM, COLUMN_SERVICE, COLUMN_CLIENT,
	COLUMN_MECHANISM,
	COLUMN_TEXTS,
	COLUMN_GRANT = COLUMN_TEXTS, COLUMN_LOCAL, COLUMN_UTC,
	COLUMN_CHANNELS, COLUMN_PID, COLUMN_START, COLUMN_ID,
};

/* The longest session first.  Its begin is in local time, as `vmauthz log` has
 * it, and in UTC for JSON.  An empty text is an unknown one. */
static const char query[] =
    "SELECT nullif(user, ''), nullif(vm, ''), nullif(service, ''),"
    " nullif(client, ''), nullif(mechanism, ''), grant_id,"
    " coalesce(strftime('%Y-%m-%d %H:%M:%S', begin / 1000, 'unixepoch',"
    "  'localtime'), '?'),"
    " coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', begin / 1000, 'unixepoch'),"
    "  '?'),"
    " channels, pid, start, id FROM sessions WHERE (?1 IS NULL OR user = ?1)"
    " AND (?2 IS NULL OR vm = ?2) ORDER BY begin, id";

/* The same in the line and in JSON. */
static const char *const names[COLUMN_TEXTS] = {
	"user", "vm", "service", "client", "mechanism",
};

static const char *
who_text(sqlite3_stmt *row, int column)
{
	return (const char *)sqlite3_column_text(row, column);
}

/* Prints texts in double quotes as `vmauthz log` does.  The names come from
 * clients and must not control the terminal. */
static void
who_print_line(sqlite3_stmt *row)
{
	fputs(who_text(row, COLUMN_LOCAL), stdout);
	for (int i = 0; i < COLUMN_TEXTS; i++) {
		const char *text = who_text(row, i);

		printf(" %s=%s", names[i], text != NULL ? "\"" : "-");
		if (text == NULL)
			continue;
		escape_print(stdout, text, ESCAPE_LOG);
		putchar('"');
	}
	printf(" channels=%" PRId64 " grant=%" PRId64 " session=\"%s\"\n",
	    (int64_t)sqlite3_column_int64(row, COLUMN_CHANNELS),
	    (int64_t)sqlite3_column_int64(row, COLUMN_GRANT),
	    who_text(row, COLUMN_ID));
}

static void
who_print_json(sqlite3_stmt *row)
{
	json_object *map = json_map();

	json_put_text(map, "begin", who_text(row, COLUMN_UTC));
	for (int i = 0; i < COLUMN_TEXTS; i++)
		json_put_text(map, names[i], who_text(row, i));
	json_put_number(map, "channels",
	    sqlite3_column_int64(row, COLUMN_CHANNELS));
	json_put_number(map, "grant",
	    sqlite3_column_int64(row, COLUMN_GRANT));
	/* 63 bits: jq(1) and JavaScript have 53 bits for a number. */
	json_put_text(map, "session", who_text(row, COLUMN_ID));
	json_print_line(stdout, map);
}

/* vmauthzd may not have noticed yet that a VM has ended.  The start time tells
 * the VM from another process that got its pid. */
static bool
who_vm_is_alive(sqlite3_stmt *row)
{
	return peer_process_lives(
	    (pid_t)sqlite3_column_int64(row, COLUMN_PID),
	    (uint64_t)sqlite3_column_int64(row, COLUMN_START));
}

/* --- all sessions -------------------------------------------------------- */

/* Always false, for the caller to return. */
static bool
who_warn(const char *path, sqlite3 *handle)
{
	warnx("%s: %s; does vmauthzd run, and is --state its folder?", path,
	    handle != NULL ? sqlite3_errmsg(handle) : "out of memory");
	return false;
}

/* Prints row by row: vmauthzd writes its state in WAL mode, where a reader that
 * waits for a pager blocks nobody. */
static bool
who_print_sessions(const struct who *who, const char *path, sqlite3 *handle)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(handle, query, -1, &row, NULL);

	if (rc != SQLITE_OK)
		return who_warn(path, handle);
	sqlite3_bind_text(row, 1, who->user, -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 2, who->vm, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		if (!who_vm_is_alive(row))
			continue;
		if (who->json)
			who_print_json(row);
		else
			who_print_line(row);
	}
	sqlite3_finalize(row);
	return rc == SQLITE_DONE || who_warn(path, handle);
}

/* Opens the state read-only: the database belongs to vmauthzd. */
static bool
who_print(const struct who *who, const char *folder)
{
	char path[PATH_MAX];
	sqlite3 *handle = NULL;
	bool done;

	snprintf(path, sizeof(path), "%s/%s", folder, STATE_FILE);
	if (sqlite_file_open(&handle, path, SQLITE_OPEN_READONLY,
	    WHO_BUSY_MS) != ERROR_NONE)
		done = who_warn(path, handle);
	else
		done = who_print_sessions(who, path, handle);
	sqlite3_close(handle);
	return cli_flush() && done;
}

int
verb_who(const char *path, int argc, char **argv)
{
	const char *folder = NULL, *user = NULL;
	struct who who = { .json = false };
	struct identity identity;
	const struct cli_option options[] = {
		{ .name = "json", .flag = &who.json },
		{ .name = "state", .values = &folder },
		{ .name = "user", .values = &user },
		{ .name = "vm", .values = &who.vm },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz who [--user USER] [--vm VM] [--json]"
		    " [--state FOLDER]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	int status;

	(void)path;	/* sessions are not in the policy */
	if (cli_parse(&command, argc, argv, &status) < 0)
		return status;
	if (user != NULL && !cli_identity(user, NULL, &identity))
		return CLI_USAGE;
	who.user = user != NULL ? identity.text : NULL;
	return who_print(&who, folder != NULL ? folder : DEFAULT_STATE) ?
	    EXIT_SUCCESS : CLI_FAILED;
}
