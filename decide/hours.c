/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/hours.h"

#include <string.h>

enum {
	HOURS_DAYS = 7,
	HOURS_DAY_LENGTH = 3,			/* "Mon" */
	HOURS_DAY_MINUTES = 24 * 60,
	HOURS_TIME_LENGTH = 5,		/* "08:00" */
};

/* Each hours_read_…() moves *at behind its item and returns whether it was
 * there; the NUL at the end is no item, so nothing reads behind it. */

static bool
hours_read_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static void
hours_skip_spaces(const char **at)
{
	*at += strspn(*at, " ");
}

static bool
hours_read_day(const char **at, int *day_r)
{
	static const char names[HOURS_DAYS][HOURS_DAY_LENGTH + 1] = {
	    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

	for (int i = 0; i < HOURS_DAYS; i++) {
		if (strncmp(*at, names[i], HOURS_DAY_LENGTH) == 0) {
			*at += HOURS_DAY_LENGTH;
			*day_r = i;
			return true;
		}
	}
	return false;
}

static bool
hours_read_two_digits(const char **at, int *number_r)
{
	const char *text = *at;

	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*number_r = (text[0] - '0') * 10 + text[1] - '0';
	*at += 2;
	return true;
}

static bool
hours_read_time(const char **at, int *minute_r)
{
	int hour, minute;

	if (!hours_read_two_digits(at, &hour) ||
	    !hours_read_char(at, ':') ||
	    !hours_read_two_digits(at, &minute) || minute > 59)
		return false;
	*minute_r = hour * 60 + minute;
	return *minute_r <= HOURS_DAY_MINUTES;
}

/* Days may wrap around the week (Fri-Mon), minutes around midnight. */
struct hours_range {
	int first, last;		/* days */
	int begin, end;			/* minutes of the day */
};

/* Refuses what could be read in two ways: a day that is both ends of a range
 * of days (one day, or the whole week?), and equal times (nothing, or 24
 * hours?).  "24:00" is an end only. */
static bool
hours_read_range(const char **at, struct hours_range *range_r)
{
	range_r->first = 0;
	range_r->last = HOURS_DAYS - 1;
	if (hours_read_day(at, &range_r->first)) {
		range_r->last = range_r->first;
		if (hours_read_char(at, '-') &&
		    (!hours_read_day(at, &range_r->last) ||
		    range_r->last == range_r->first))
			return false;
		if (!hours_read_char(at, ' '))
			return false;
	}
	return hours_read_time(at, &range_r->begin) &&
	    hours_read_char(at, '-') &&
	    hours_read_time(at, &range_r->end) &&
	    range_r->begin < HOURS_DAY_MINUTES &&
	    range_r->begin != range_r->end;
}

static bool
hours_range_has_day(const struct hours_range *range, int day)
{
	if (range->first <= range->last)
		return day >= range->first && day <= range->last;
	return day >= range->first || day <= range->last;
}

static bool
hours_range_contains(const struct hours_range *range,
    const struct moment_week *week)
{
	int yesterday = (week->day + HOURS_DAYS - 1) % HOURS_DAYS;

	if (range->begin < range->end)
		return hours_range_has_day(range, week->day) &&
		    week->minute >= range->begin && week->minute < range->end;
	/* A night belongs to the day on which it begins: "Fri 22:00-06:00"
	 * contains Saturday's first six hours and not Friday's. */
	return (hours_range_has_day(range, week->day) &&
	    week->minute >= range->begin) ||
	    (hours_range_has_day(range, yesterday) &&
	    week->minute < range->end);
}

bool
hours_contain(const char *ranges, const struct moment_week *week,
    bool *known_r)
{
	bool inside = false;
	struct hours_range range;

	/* All ranges are read, also behind one that contains the moment: the
	 * result of a malformed value must not depend on the time. */
	*known_r = false;
	do {
		hours_skip_spaces(&ranges);
		if (!hours_read_range(&ranges, &range))
			return false;
		hours_skip_spaces(&ranges);
		inside = inside || hours_range_contains(&range, week);
	} while (hours_read_char(&ranges, ','));
	*known_r = *ranges == '\0';
	return *known_r && inside;
}

/* A zone is a first word that is neither a day nor a time.  Its name becomes a
 * path below /usr/share/zoneinfo: hence no dots, and no '/' in front. */
const char *
hours_zone(const char *hours, char zone_r[MOMENT_ZONE_MAX])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-";
	size_t length = strcspn(hours, " ");
	const char *at = hours;
	int day;

	zone_r[0] = '\0';
	/* A space or a hyphen follows a day; "Monrovia" would be a zone. */
	if ((hours[0] >= '0' && hours[0] <= '9') ||
	    (hours_read_day(&at, &day) &&
	    (*at == ' ' || *at == '-')))
		return hours;
	if (length == 0 || length >= MOMENT_ZONE_MAX || hours[length] != ' ' ||
	    strspn(hours, letters) != length || hours[0] == '/' ||
	    hours[0] == '-')
		return NULL;
	memcpy(zone_r, hours, length);
	zone_r[length] = '\0';
	return hours + length + 1;
}
