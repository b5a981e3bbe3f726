/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Hours, looked at through a whole week. */

#include "decide/hours.h"
#include "tests/fuzz/fuzz.h"

enum { DAY_MINUTES = 24 * 60, STEP = 5 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *hours = fuzz_string(data, size), zone[MOMENT_ZONE_MAX];
	const char *ranges = hours_zone(hours, zone);
	struct moment_week week = { 0, 0 };
	bool readable, known;
	int inside = 0;

	HOLDS(strlen(zone) < sizeof(zone));
	if (ranges == NULL) {
		free(hours);
		return 0;
	}
	HOLDS(ranges >= hours && ranges <= hours + strlen(hours));
	hours_contain(ranges, &week, &readable);
	for (week.day = 0; week.day < 7; week.day++) {
		for (week.minute = 0; week.minute < DAY_MINUTES;
		    week.minute += STEP) {
			inside += hours_contain(ranges, &week, &known);
			/* what can't be read can't be read at any time */
			HOLDS(known == readable);
			if (!readable)
				break;
		}
	}
	HOLDS(readable || inside == 0);
	free(hours);
	return 0;
}
