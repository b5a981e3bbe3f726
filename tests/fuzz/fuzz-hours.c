/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Hours, looked at through a whole week. */

#include "policy/hours.h"
#include "tests/fuzz/fuzz.h"

enum { DAY_MINUTES = 24 * 60, STEP = 5 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *hours = fuzz_string(data, size), zone[POLICY_ZONE_MAX];
	const char *ranges = hours_zone(hours, zone);
	struct policy_week week = { 0, 0 };
	enum policy_condition first, result;
	int met = 0;

	HOLDS(strlen(zone) < sizeof(zone));
	if (ranges == NULL) {
		free(hours);
		return 0;
	}
	HOLDS(ranges >= hours && ranges <= hours + strlen(hours));
	first = hours_contain(ranges, &week);
	for (week.day = 0; week.day < 7; week.day++) {
		for (week.minute = 0; week.minute < DAY_MINUTES;
		    week.minute += STEP) {
			result = hours_contain(ranges, &week);
			/* what can't be read can't be read at any time */
			HOLDS((result == CONDITION_UNKNOWN) ==
			    (first == CONDITION_UNKNOWN));
			met += result == CONDITION_MET;
			if (first == CONDITION_UNKNOWN)
				break;
		}
	}
	HOLDS(first != CONDITION_UNKNOWN || met == 0);
	free(hours);
	return 0;
}
