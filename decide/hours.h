/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Hours of the week, as grants write them:
 *
 *	hours = [zone " "] range *("," range)
 *	range = [day ["-" day] " "] time "-" time
 *
 * with day Mon to Sun, time 00:00 to 24:00, and spaces allowed around the
 * commas.  A range without a day is every day's; one that ends before it
 * begins goes on after midnight and belongs to the day on which it began. */

#ifndef VMAUTHZ_DECIDE_HOURS_H
#define VMAUTHZ_DECIDE_HOURS_H

#include <stdbool.h>

#include "decide/moment.h"

/* Copies the name of the zone to zone_r ("": none) and returns the ranges
 * behind it.  NULL if the name is too long, or has characters other than ASCII
 * letters, digits, '_', '-' and '/'.  Whether there is such a zone is not
 * checked. */
const char *hours_zone(const char *hours, char zone_r[MOMENT_ZONE_MAX]);

/* Whether a moment is in one of the ranges.  Returns false, with *known_r
 * false, if any of them is malformed. */
bool hours_contain(const char *ranges, const struct moment_week *week,
    bool *known_r);

#endif
