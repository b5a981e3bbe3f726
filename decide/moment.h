/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The time at which a decision is made, and times as the policy writes them. */

#ifndef VMAUTHZ_DECIDE_MOMENT_H
#define VMAUTHZ_DECIDE_MOMENT_H

#include <stdbool.h>
#include <time.h>

/* A moment of the week on the clock of some zone. */
struct moment_week {
	int day;		/* 0: Monday … 6: Sunday */
	int minute;		/* of the day, 0 to 1439 */
};

enum {
	MOMENT_TEXT_LENGTH = 16,	/* "YYYY-MM-DD HH:MM" */
	MOMENT_ZONE_MAX = 64,		/* octets of a zone's name, with NUL */
};

/* When the decision is made. */
struct moment {
	time_t when;
	char utc[MOMENT_TEXT_LENGTH + 1];
	/* The clock at when in a zone ("Europe/Berlin"; "": the host's own);
	 * false if there is no such zone. */
	bool (*local)(void *context, const char *zone, time_t when,
	    struct moment_week *week_r);
	void *context;
};

/* Fills in when and utc.  A time outside of the years 1000 to 9999 gives "" as
 * utc, and every condition that depends on it is unknown. */
void moment_set(struct moment *moment_r, time_t when);

/* Reads a time in UTC, as in "2026-12-31 18:00".  Returns false for any other
 * form and for a time that doesn't exist, as of February 30. */
bool moment_parse(const char *text, time_t *when_r);

/* Whether text is such a time. */
bool moment_valid(const char *text);

#endif
