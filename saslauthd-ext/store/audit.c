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

/* --- open and close --------------------------------------------------- */

/* Past RLIMIT_FSIZE the kernel sends SIGXFSZ, which ends the process.  Ignored,
 * the write fails with EFBIG, and is handled like one on a full disk. */
static void
audit_ignore_sigxfsz(void)
{
	struct sigaction now, ignore;

	memset(&ignore, 0, sizeof(ignore));
	ignore.sa_handler = SIG_IGN;
	if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &ignore, NULL);
}

/* Resolves links in the folder's path, which an administrator may have made:
 * with SQLITE_OPEN_NOFOLLOW SQLite refuses any link in the path. */
static int
audit_set_folder(struct audit *audit)
{
	if (realpath(audit->state, audit->folder) != NULL)
		return ERROR_NONE;
	snprintf(audit->detail, sizeof(audit->detail),
	    "%.256s: %s", audit->state, strerror(errno));
	return errno == ENOENT ? ERROR_MISSING : ERROR_ACCESS;
}

static void
audit_set_limits(struct audit *audit, const struct config *config)
{
	audit->bytes_max = (uint64_t)config->audit_size * 1024 * 1024;
	audit->age_max = (int64_t)config->audit_age * 24 * 3600 * 1000;
	audit->keep = config->audit_keep;
}

/* Starts the thread and opens the file, if they are missing.  Each record calls
 * this, so that one after a failure tries again. */
static int
audit_open_missing(struct audit *audit)
{
	int rc = ERROR_NONE;

	if (audit->keeper == NULL) {
		rc = audit_set_folder(audit);
		if (rc == ERROR_NONE)
			rc = audit_keeper_start(&audit->keeper, audit->folder);
	}
	if (rc == ERROR_NONE && audit->handle == NULL)
		rc = audit_store_open(audit);
	return rc;
}

int
audit_open(struct audit **audit_r, const struct config *config)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	*audit_r = audit;
	if (audit == NULL)
		return ERROR_MEMORY;
	audit_ignore_sigxfsz();
	memcpy(audit->state, config->state, sizeof(audit->state));
	audit_set_limits(audit, config);
	return audit_open_missing(audit);
}

void
audit_close(struct audit **audit)
{
	struct audit *old = *audit;

	if (old == NULL)
		return;
	audit_keeper_stop(&old->keeper);
	/* closing the last handle checkpoints the WAL; now the disk may be
	 * waited for */
	if (old->handle != NULL)
		sqlite_file_exec(old->handle, "PRAGMA synchronous = FULL");
	audit_store_close(old);
	free(old);
	*audit = NULL;
}

void
audit_configure(struct audit *audit, const struct config *config)
{
	audit_set_limits(audit, config);
	if (audit->keeper != NULL)
		audit_keeper_tidy(audit->keeper, audit->keep);
}

const char *
audit_detail(const struct audit *audit)
{
	return audit->detail;
}

/* --- records ---------------------------------------------------------- */

enum { AUDIT_TEXTS_MAX = DECISION_FIELD_COUNT + 2 };	/* of a row, escaped */

/* The escaped texts of a row.  SQLite copies none of them, so they have to stay
 * in place until the row is written. */
struct bound {
	sqlite3_stmt *insert;
	size_t used;
	char texts[AUDIT_TEXTS_MAX][AUDIT_TEXT_MAX + 1];
};

static void
audit_bind_text(struct bound *bound, int parameter, const char *text)
{
	char *escaped;

	if (text == NULL)
		return;
	escaped = bound->texts[bound->used++];
	audit_text(escaped, text);
	sqlite3_bind_text(bound->insert, parameter, escaped, -1,
	    SQLITE_STATIC);
}

static void
audit_bind_number(struct bound *bound, int parameter, int64_t number)
{
	if (number != 0)
		sqlite3_bind_int64(bound->insert, parameter, number);
}

/* The reason with its detail, in the form of the log line, so that both can be
 * searched for the same text. */
static void
audit_bind_reason(struct bound *bound, int parameter,
    const struct decision_record *record)
{
	char whole[2 * AUDIT_TEXT_MAX];

	if (record->detail == NULL || record->detail[0] == '\0') {
		audit_bind_text(bound, parameter, record->reason);
		return;
	}
	snprintf(whole, sizeof(whole), "%s: %s", record->reason,
	    record->detail);
	audit_bind_text(bound, parameter, whole);
}

static void
audit_bind_field(struct bound *bound, const struct audit_row *row,
    enum decision_field_index index)
{
	const struct decision_field *field = &decision_fields[index];
	const struct decision_record *record = &row->record;
	int parameter = audit_column(index) + 1;

	switch (field->form) {
	case DECISION_FORM_NAMES:
		break;		/* no column */
	case DECISION_FORM_VERDICT:
		if (row->kind == AUDIT_DECISION)
			audit_bind_text(bound, parameter,
			    verdict_name(record->verdict));
		break;
	case DECISION_FORM_TEXT:
	case DECISION_FORM_CLIENT:
		audit_bind_text(bound, parameter, decision_text(record, field));
		break;
	case DECISION_FORM_LOCAL:
		if (record->local == REQUEST_LOCAL_ACCOUNT)
			audit_bind_text(bound, parameter, record->local_user);
		break;
	case DECISION_FORM_REASON:
		audit_bind_reason(bound, parameter, record);
		break;
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		audit_bind_number(bound, parameter,
		    decision_number(record, field));
		break;
	case DECISION_FORM_TIME:
		sqlite3_bind_int64(bound->insert, parameter, record->at);
		break;
	case DECISION_FORM_SHA256:
		if (record->certificate.sha256 != NULL)
			sqlite3_bind_blob(bound->insert, parameter,
			    record->certificate.sha256, REQUEST_SHA256_SIZE,
			    SQLITE_STATIC);
		break;
	}
}

static void
audit_bind_row(struct bound *bound, const struct audit_row *row)
{
	audit_bind_text(bound, AUDIT_COLUMN_KIND + 1,
	    audit_kind_names[row->kind]);
	audit_bind_text(bound, AUDIT_COLUMN_EVENT + 1, row->event);
	audit_bind_text(bound, AUDIT_COLUMN_ISSUED_BY + 1, row->issued_by);
	for (int i = 0; i < DECISION_FIELD_COUNT; i++)
		audit_bind_field(bound, row, (enum decision_field_index)i);
}

static int
audit_write_once(struct audit *audit, const struct audit_row *row)
{
	struct bound bound;
	int rc = audit_open_missing(audit);

	if (rc != ERROR_NONE)
		return rc;
	bound.insert = audit->insert;
	bound.used = 0;
	audit_bind_row(&bound, row);
	return audit_store_insert(audit, row->record.at);
}

/* Records in the new file that the one before was damaged, and its name: who
 * reads the audit has to learn that records may be missing. */
static int
audit_record_damage(struct audit *audit, int64_t at)
{
	char text[64 + AUDIT_NAME_MAX];
	const struct audit_row row = {
		.kind = AUDIT_EVENT,
		.event = "damaged",
		.record = { .at = at, .reason = text },
	};
	int rc;

	snprintf(text, sizeof(text), "%s was damaged and is %s now",
	    AUDIT_FILE, audit->aside);
	rc = audit_write_once(audit, &row);
	if (rc == ERROR_NONE)
		audit->aside[0] = '\0';
	return rc;
}

static int
audit_write_row(struct audit *audit, const struct audit_row *row)
{
	int rc;

	audit_store_rotate(audit, row->record.at);
	audit->detail[0] = '\0';
	/* a damaged file has been renamed: the record goes into a new one */
	rc = audit_write_once(audit, row);
	if (rc == ERROR_NOTADB && audit->handle == NULL)
		rc = audit_write_once(audit, row);
	if (rc == ERROR_NONE && audit->aside[0] != '\0')
		audit_record_damage(audit, row->record.at);
	return rc;
}

int
audit_decision(struct audit *audit, const struct decision_record *record)
{
	const struct audit_row row = {
		.kind = AUDIT_DECISION,
		.record = *record,
	};

	return audit_write_row(audit, &row);
}

int
audit_session(struct audit *audit, const struct audit_session *session)
{
	static const char *const words[] = {
		[AUDIT_SESSION_BEGIN] = "begin",
		[AUDIT_SESSION_END] = "end",
	};
	const struct audit_row row = {
		.kind = AUDIT_SESSION,
		.event = words[session->event],
		.record = {
			.at = session->at,
			.user = session->user,
			.vm = session->vm,
			.service = session->service,
			.client = session->client,
			.session = (int64_t)session->session,
			.reason = session->reason,
		},
	};

	return audit_write_row(audit, &row);
}

int
audit_ticket(struct audit *audit, const struct audit_ticket *ticket)
{
	static const char *const words[] = {
		[AUDIT_TICKET_ISSUED] = "issued",
		[AUDIT_TICKET_USED] = "used",
		[AUDIT_TICKET_LAPSED] = "lapsed",
	};
	const struct audit_row row = {
		.kind = AUDIT_TICKET,
		.event = words[ticket->event],
		.issued_by = ticket->by,
		.record = {
			.at = ticket->at,
			.user = ticket->user,
			.vm = ticket->vm,
			.client = ticket->client,
			.ticket = ticket->ticket,
		},
	};

	return audit_write_row(audit, &row);
}

int
audit_event(struct audit *audit, const struct audit_event *event)
{
	const struct audit_row row = {
		.kind = AUDIT_EVENT,
		.event = event->what,
		.record = { .at = event->at, .reason = event->detail },
	};

	return audit_write_row(audit, &row);
}
