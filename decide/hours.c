/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/hours.h"

#include <string.h>

enum {
	DAYS = 7,
	DAY_LENGTH = 3,			/* "Mon" */
	DAY_MINUTES = 24 * 60,
	TIME_LENGTH = 5,		/* "08:00" */
};

/* What is left to read. */
struct cursor {
	const char *at;
};

static bool
take(struct cursor *cursor, char c)
{
	if (*cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static void
skip_spaces(struct cursor *cursor)
{
	cursor->at += strspn(cursor->at, " ");
}

static bool
take_day(struct cursor *cursor, int *day_r)
{
	static const char names[DAYS][DAY_LENGTH + 1] = {
	    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	for (int i = 0; i < DAYS; i++) {
		if (strncmp(cursor->at, names[i], DAY_LENGTH) == 0) {
			cursor->at += DAY_LENGTH;
			*day_r = i;
			return true;
		}
	}
	return false;
}

static bool
take_two_digits(struct cursor *cursor, int *number_r)
{
	const char *at = cursor->at;

	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*number_r = (at[0] - '0') * 10 + at[1] - '0';
	cursor->at += 2;
	return true;
}

static bool
take_time(struct cursor *cursor, int *minute_r)
{
	int hour, minute;

	if (!take_two_digits(cursor, &hour) || !take(cursor, ':') ||
	    !take_two_digits(cursor, &minute) || minute > 59)
		return false;
	*minute_r = hour * 60 + minute;
	return *minute_r <= DAY_MINUTES;
}

struct range {
	int first, last;		/* days */
	int begin, end;			/* minutes of the day */
};

static bool
take_range(struct cursor *cursor, struct range *range_r)
{
	range_r->first = 0;
	range_r->last = DAYS - 1;
	if (take_day(cursor, &range_r->first)) {
		range_r->last = range_r->first;
		if (take(cursor, '-') && (!take_day(cursor, &range_r->last) ||
		    range_r->last == range_r->first))
			return false;
		if (!take(cursor, ' '))
			return false;
	}
	return take_time(cursor, &range_r->begin) && take(cursor, '-') &&
	    take_time(cursor, &range_r->end) &&
	    range_r->begin < DAY_MINUTES && range_r->begin != range_r->end;
}

static bool
on_day(const struct range *range, int day)
{
	if (range->first <= range->last)
		return day >= range->first && day <= range->last;
	return day >= range->first || day <= range->last;
}

static bool
in_range(const struct range *range, const struct moment_week *week)
{
	int yesterday = (week->day + DAYS - 1) % DAYS;

	if (range->begin < range->end)
		return on_day(range, week->day) &&
		    week->minute >= range->begin && week->minute < range->end;
	return (on_day(range, week->day) && week->minute >= range->begin) ||
	    (on_day(range, yesterday) && week->minute < range->end);
}

bool
hours_contain(const char *ranges, const struct moment_week *week,
    bool *known_r)
{
	struct cursor cursor = { ranges };
	bool inside = false;
	struct range range;

	*known_r = false;
	do {
		skip_spaces(&cursor);
		if (!take_range(&cursor, &range))
			return false;
		skip_spaces(&cursor);
		inside = inside || in_range(&range, week);
	} while (take(&cursor, ','));
	*known_r = *cursor.at == '\0';
	return *known_r && inside;
}

/* A first word that is neither a day nor a time. */
const char *
hours_zone(const char *hours, char zone_r[MOMENT_ZONE_MAX])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-";
	size_t length = strcspn(hours, " ");
	struct cursor cursor = { hours };
	int day;

	zone_r[0] = '\0';
	if ((hours[0] >= '0' && hours[0] <= '9') || (take_day(&cursor, &day) &&
	    (*cursor.at == ' ' || *cursor.at == '-')))
		return hours;
	if (length == 0 || length >= MOMENT_ZONE_MAX || hours[length] != ' ' ||
	    strspn(hours, letters) != length || hours[0] == '/' ||
	    hours[0] == '-')
		return NULL;
	memcpy(zone_r, hours, length);
	zone_r[length] = '\0';
	return hours + length + 1;
}
