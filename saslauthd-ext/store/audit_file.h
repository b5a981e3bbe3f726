/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The files of the audit: audit.db, and the rotated ones, which were audit.db
 * before.  Shared by vmauthzd, which writes them, and `vmauthz log`, which
 * reads them. */

#ifndef VMAUTHZD_STORE_AUDIT_FILE_H
#define VMAUTHZD_STORE_AUDIT_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "log/decision.h"
#include "saslauthd-ext/store/store_file.h"

enum {
	AUDIT_APPLICATION_ID = 0x766d6175,	/* "vmau" */
	AUDIT_VERSION = 1,			/* PRAGMA user_version */
	AUDIT_NAME_MAX = 64,	/* octets of a file's name, with NUL */
	AUDIT_TEXT_MAX = 511,	/* octets of a text in a record */
	AUDIT_DETAIL_MAX = STORE_FILE_DETAIL_MAX,
};

#define AUDIT_FILE "audit.db"

/* schema/audit.sql */
extern const char audit_schema_sql[];

enum audit_kind {
	AUDIT_DECISION,
	AUDIT_SESSION,
	AUDIT_TICKET,
	AUDIT_EVENT,
	AUDIT_KIND_COUNT
};

extern const char *const audit_kind_names[AUDIT_KIND_COUNT];

/* A row of the table records.  A record that is no decision has only the fields
 * of its kind; see schema/audit.sql. */
struct audit_row {
	int64_t id;
	enum audit_kind kind;
	const char *event;		/* NULL: a decision */
	const char *issued_by;		/* of a ticket */
	struct decision_record record;
};

/* The columns of the statements that write and read a row: four, then the
 * fields of log/decision.h in their order. */
#define AUDIT_COLUMNS "id, kind, event, issued_by, verdict, user, vm," \
    " vm_source, service, client, cert_cn, cert_sha256, local_user, at," \
    " mechanism, socket, grant, revision, ticket, session, reason"
enum {
	AUDIT_COLUMN_ID,
	AUDIT_COLUMN_KIND,
	AUDIT_COLUMN_EVENT,
	AUDIT_COLUMN_ISSUED_BY,
	AUDIT_COLUMN_FIELDS
};

/* The index, from 0, of a field among them.  -1: the certificate's alternative
 * names have no column. */
int audit_column(enum decision_field_index field);

/* Writes the name PREFIX-YYYYMMDDTHHMMSSZ.db, in UTC; the prefix of a rotated
 * file is "audit".  Returns false if the time is not in the years 1970 to
 * 9999. */
bool audit_name(char name[AUDIT_NAME_MAX], const char *prefix, time_t at);

/* Whether a name is exactly that of a rotated file; *at_r is its time then. */
bool audit_name_rotated(const char *name, time_t *at_r);

/* Lists the rotated files of a folder, the oldest first.  Returns their number,
 * or -1 with errno.  The caller frees the list with audit_files_free() in
 * either case. */
int audit_files(const char *folder, struct dirent ***list_r);
void audit_files_free(struct dirent **list, int count);

/* Writes text as it is stored: a backslash, control characters and octets that
 * are not UTF-8 become \xNN; a text that is too long is cut, and ends in
 * "...". */
void audit_text(char out[AUDIT_TEXT_MAX + 1], const char *text);

#endif
