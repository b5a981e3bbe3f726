/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

const char *const audit_kind_names[AUDIT_KIND_COUNT] = {
	[AUDIT_DECISION] = "decision",
	[AUDIT_SESSION] = "session",
	[AUDIT_TICKET] = "ticket",
	[AUDIT_EVENT] = "event",
};

int
audit_column(enum decision_field_index field)
{
	if (field == DECISION_CERT_SAN)
		return -1;
	return AUDIT_COLUMN_FIELDS + (int)field - (field > DECISION_CERT_SAN);
}

bool
audit_name(char name[AUDIT_NAME_MAX], const char *prefix, time_t at)
{
	struct tm tm;

	if (at < 0 || gmtime_r(&at, &tm) == NULL || tm.tm_year > 9999 - 1900)
		return false;
	/* the divisions show the compiler how long the text can be */
	snprintf(name, AUDIT_NAME_MAX, "%.16s-%04d%02d%02dT%02d%02d%02dZ.db",
	    prefix, (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
	    tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
	    tm.tm_sec % 100);
	return true;
}

/* Only exact names count: the keeper deletes the oldest of these files, and
 * must not touch one that an administrator named audit-old.db. */
bool
audit_name_rotated(const char *name, time_t *at_r)
{
	char again[AUDIT_NAME_MAX];
	struct tm tm;
	int end = 0;

	memset(&tm, 0, sizeof(tm));
	if (strlen(name) != strlen("audit-20261231T235959Z.db") ||
	    sscanf(name, "audit-%4d%2d%2dT%2d%2d%2dZ.db%n", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
	    &end) != 6 || end == 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*at_r = timegm(&tm);
	/* sscanf() accepts signs and blanks, timegm() a 31st of June: the
	 * name made of the time shows it */
	return audit_name(again, "audit", *at_r) && strcmp(again, name) == 0;
}

static int
audit_rotated_cb(const struct dirent *entry)
{
	time_t at;

	return audit_name_rotated(entry->d_name, &at);
}

/* Names of this form sort by their time.  strcmp(3) and not alphasort(3), which
 * follows the locale. */
static int
audit_by_name_cb(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
audit_files(const char *folder, struct dirent ***list_r)
{
	*list_r = NULL;
	return scandir(folder, list_r, audit_rotated_cb, audit_by_name_cb);
}

void
audit_files_free(struct dirent **list, int count)
{
	for (int i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void
audit_text(char out[AUDIT_TEXT_MAX + 1], const char *text)
{
	escape_write(out, AUDIT_TEXT_MAX, text, ESCAPE_UTF8);
}
