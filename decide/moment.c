/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/moment.h"

#include <string.h>

void
moment_set(struct moment *moment_r, time_t when)
{
	struct tm tm;

	moment_r->when = when;
	if (gmtime_r(&when, &tm) == NULL || strftime(moment_r->utc,
	    sizeof(moment_r->utc), "%Y-%m-%d %H:%M", &tm) != MOMENT_TEXT_LENGTH)
		moment_r->utc[0] = '\0';
}

/* strptime(3) accepts spaces, single digits and February 30; so the time is
 * written again, and has to come out as it was. */
bool
moment_parse(const char *text, time_t *when_r)
{
	struct moment back;
	struct tm tm;
	const char *end;

	if (strlen(text) != MOMENT_TEXT_LENGTH)
		return false;
	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*when_r = timegm(&tm);
	moment_set(&back, *when_r);
	return strcmp(back.utc, text) == 0;
}

bool
moment_valid(const char *text)
{
	time_t when;

	return moment_parse(text, &when);
}
