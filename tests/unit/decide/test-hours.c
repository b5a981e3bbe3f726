/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "decide/hours.h"

#define Z63 "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"

static const struct {
	const char *hours;
	const char *zone;	/* NULL: refused */
	const char *rest;
} zones[] = {
	{ "Mon 08:00-18:00", "", "Mon 08:00-18:00" },
	{ "Mon-Fri 08:00-18:00", "", "Mon-Fri 08:00-18:00" },
	{ "08:00-18:00", "", "08:00-18:00" },
	{ "UTC 08:00-18:00", "UTC", "08:00-18:00" },
	{ "America/Port-au-Prince Mon 08:00-18:00", "America/Port-au-Prince",
	    "Mon 08:00-18:00" },
	{ "Monrovia 08:00-18:00", "Monrovia", "08:00-18:00" },
	{ Z63 " 08:00-18:00", Z63, "08:00-18:00" },
	{ Z63 "z 08:00-18:00", NULL, NULL },
	{ "", NULL, NULL },
	{ " ", NULL, NULL },
	{ " Mon 08:00-18:00", NULL, NULL },
	{ " 08:00-18:00", NULL, NULL },
	{ "UTC", NULL, NULL },
	{ "/etc/localtime 08:00-18:00", NULL, NULL },
	{ "-1 08:00-18:00", NULL, NULL },
	{ "../UTC 08:00-18:00", NULL, NULL },
	{ "Etc/GMT+2 08:00-18:00", NULL, NULL },
};

static void
takes_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		char zone[MOMENT_ZONE_MAX] = "left over";
		const char *rest = hours_zone(zones[i].hours, zone);

		TITLE(zones[i].hours);
		if (zones[i].zone == NULL) {
			assert_null(rest);
			assert_string_equal(zone, "");
			continue;
		}
		assert_non_null(rest);
		assert_string_equal(rest, zones[i].rest);
		assert_string_equal(zone, zones[i].zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_zones),
	};

	return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
