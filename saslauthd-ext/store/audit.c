/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sqlite_file.h"
#include "decide/request.h"
#include "saslauthd-ext/store/audit_store.h"

struct audit {
	struct audit_store store;
	char state[PATH_MAX];	/* as configured */
};

/* Columns of a record, in the order of the statement's parameters. */
enum text {
	TEXT_KIND, TEXT_WHAT, TEXT_USER, TEXT_VM, TEXT_VM_SOURCE, TEXT_SERVICE,
	TEXT_CLIENT, TEXT_CERT_CN, TEXT_LOCAL_USER, TEXT_MECHANISM,
	TEXT_SOCKET, TEXT_ISSUED_BY, TEXT_REASON,
	TEXT_COUNT
};
enum number {
	NUMBER_GRANT, NUMBER_REVISION, NUMBER_TICKET, NUMBER_SESSION,
	NUMBER_COUNT
};
enum {
	PARAMETER_AT = 2,
	PARAMETER_TEXT = 3,
	PARAMETER_NUMBER = PARAMETER_TEXT + TEXT_COUNT,
	PARAMETER_SHA256 = PARAMETER_NUMBER + NUMBER_COUNT,
};

struct row {
	int64_t at;
	const char *text[TEXT_COUNT];
	int64_t number[NUMBER_COUNT];	/* 0: none */
	const unsigned char *sha256;
};

/* --- its life --------------------------------------------------------- */

/* Past RLIMIT_FSIZE a write is to fail, as on a full disk, and not to kill. */
static void
survive_limits(void)
{
	struct sigaction now, ignore;

	memset(&ignore, 0, sizeof(ignore));
	ignore.sa_handler = SIG_IGN;
	if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &ignore, NULL);
}

/* SQLite follows no link with SQLITE_OPEN_NOFOLLOW, not even one to a folder,
 * where an administrator's are fine. */
static int
set_folder(struct audit *audit)
{
	if (realpath(audit->state, audit->store.folder) != NULL)
		return ERROR_NONE;
	snprintf(audit->store.detail, sizeof(audit->store.detail),
	    "%.256s: %s", audit->state, strerror(errno));
	return errno == ENOENT ? ERROR_MISSING : ERROR_ACCESS;
}

static void
set_limits(struct audit_store *store, const struct config *config)
{
	store->bytes_max = (uint64_t)config->audit_size * 1024 * 1024;
	store->age_max = (int64_t)config->audit_age * 24 * 3600 * 1000;
	store->keep = config->audit_keep;
}

/* Whatever is missing; also later, after a failure. */
static int
open_store(struct audit *audit)
{
	struct audit_store *store = &audit->store;
	int rc = ERROR_NONE;

	if (store->keeper == NULL) {
		rc = set_folder(audit);
		if (rc == ERROR_NONE)
			rc = audit_keeper_start(&store->keeper, store->folder);
	}
	if (rc == ERROR_NONE && store->handle == NULL)
		rc = audit_store_open(store);
	return rc;
}

int
audit_open(struct audit **audit_r, const struct config *config)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	*audit_r = audit;
	if (audit == NULL)
		return ERROR_MEMORY;
	survive_limits();
	memcpy(audit->state, config->state, sizeof(audit->state));
	set_limits(&audit->store, config);
	return open_store(audit);
}

static void
close_store(struct audit_store *store)
{
	audit_keeper_stop(&store->keeper);
	/* the last one out brings the WAL into audit.db, on disk */
	if (store->handle != NULL)
		sqlite_file_exec(store->handle, "PRAGMA synchronous = FULL");
	audit_store_close(store);
}

void
audit_close(struct audit **audit)
{
	if (*audit == NULL)
		return;
	close_store(&(*audit)->store);
	free(*audit);
	*audit = NULL;
}

void
audit_configure(struct audit *audit, const struct config *config)
{
	set_limits(&audit->store, config);
	if (audit->store.keeper != NULL)
		audit_keeper_tidy(audit->store.keeper, audit->store.keep);
}

const char *
audit_detail(const struct audit *audit)
{
	return audit->store.detail;
}

/* --- records ---------------------------------------------------------- */

static void
bind(sqlite3_stmt *insert, const struct row *row,
    char escaped[TEXT_COUNT][AUDIT_TEXT_MAX + 1])
{
	sqlite3_bind_int64(insert, PARAMETER_AT, row->at);
	for (int i = 0; i < TEXT_COUNT; i++) {
		if (row->text[i] == NULL)
			continue;
		audit_text(escaped[i], row->text[i]);
		sqlite3_bind_text(insert, PARAMETER_TEXT + i, escaped[i], -1,
		    SQLITE_STATIC);
	}
	for (int i = 0; i < NUMBER_COUNT; i++) {
		if (row->number[i] != 0)
			sqlite3_bind_int64(insert, PARAMETER_NUMBER + i,
			    row->number[i]);
	}
	if (row->sha256 != NULL)
		sqlite3_bind_blob(insert, PARAMETER_SHA256, row->sha256,
		    REQUEST_SHA256_SIZE, SQLITE_STATIC);
}

static int
write_once(struct audit *audit, const struct row *row)
{
	char escaped[TEXT_COUNT][AUDIT_TEXT_MAX + 1];
	int rc = open_store(audit);

	if (rc != ERROR_NONE)
		return rc;
	bind(audit->store.insert, row, escaped);
	return audit_store_insert(&audit->store, row->at);
}

/* What was put aside is told in the file that follows it. */
static int
tell_aside(struct audit *audit, int64_t at)
{
	char text[64 + AUDIT_NAME_MAX];
	const struct row row = {
		.at = at,
		.text = {
			[TEXT_KIND] = "event",
			[TEXT_WHAT] = "damaged",
			[TEXT_REASON] = text,
		},
	};
	int rc;

	snprintf(text, sizeof(text), "%s was damaged and is %s now",
	    AUDIT_FILE, audit->store.aside);
	rc = write_once(audit, &row);
	if (rc == ERROR_NONE)
		audit->store.aside[0] = '\0';
	return rc;
}

static int
write_row(struct audit *audit, const struct row *row)
{
	struct audit_store *store = &audit->store;
	int rc;

	audit_store_rotate(store, row->at);
	store->detail[0] = '\0';
	rc = write_once(audit, row);
	if (rc == ERROR_NOTADB && store->handle == NULL)
		rc = write_once(audit, row);
	if (rc == ERROR_NONE && store->aside[0] != '\0')
		tell_aside(audit, row->at);
	return rc;
}

int
audit_decision(struct audit *audit, const struct audit_decision *record)
{
	const struct row row = {
		.at = record->at,
		.text = {
			[TEXT_KIND] = "decision",
			[TEXT_WHAT] = record->outcome,
			[TEXT_USER] = record->user,
			[TEXT_VM] = record->vm,
			[TEXT_VM_SOURCE] = record->vm_source,
			[TEXT_SERVICE] = record->service,
			[TEXT_CLIENT] = record->client,
			[TEXT_CERT_CN] = record->cert_cn,
			[TEXT_LOCAL_USER] = record->local_user,
			[TEXT_MECHANISM] = record->mechanism,
			[TEXT_SOCKET] = record->socket,
			[TEXT_REASON] = record->reason,
		},
		.number = {
			[NUMBER_GRANT] = record->grant,
			[NUMBER_REVISION] = record->revision,
			[NUMBER_TICKET] = record->ticket,
			[NUMBER_SESSION] = (int64_t)record->session,
		},
		.sha256 = record->sha256,
	};

	return write_row(audit, &row);
}

int
audit_session(struct audit *audit, const struct audit_session *record)
{
	static const char *const words[] = {
		[AUDIT_SESSION_BEGIN] = "begin",
		[AUDIT_SESSION_END] = "end",
	};
	const struct row row = {
		.at = record->at,
		.text = {
			[TEXT_KIND] = "session",
			[TEXT_WHAT] = words[record->event],
			[TEXT_USER] = record->user,
			[TEXT_VM] = record->vm,
			[TEXT_SERVICE] = record->service,
			[TEXT_CLIENT] = record->client,
			[TEXT_REASON] = record->reason,
		},
		.number = { [NUMBER_SESSION] = (int64_t)record->session },
	};

	return write_row(audit, &row);
}

int
audit_ticket(struct audit *audit, const struct audit_ticket *record)
{
	static const char *const words[] = {
		[AUDIT_TICKET_ISSUED] = "issued",
		[AUDIT_TICKET_USED] = "used",
		[AUDIT_TICKET_LAPSED] = "lapsed",
	};
	const struct row row = {
		.at = record->at,
		.text = {
			[TEXT_KIND] = "ticket",
			[TEXT_WHAT] = words[record->event],
			[TEXT_USER] = record->user,
			[TEXT_VM] = record->vm,
			[TEXT_CLIENT] = record->client,
			[TEXT_ISSUED_BY] = record->by,
		},
		.number = { [NUMBER_TICKET] = record->ticket },
	};

	return write_row(audit, &row);
}

int
audit_event(struct audit *audit, const struct audit_event *record)
{
	const struct row row = {
		.at = record->at,
		.text = {
			[TEXT_KIND] = "event",
			[TEXT_WHAT] = record->what,
			[TEXT_REASON] = record->detail,
		},
	};

	return write_row(audit, &row);
}
