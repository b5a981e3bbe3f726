/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Time zones by name, from the system's tz database.  GLib reads them, which
 * QEMU has loaded anyway: libc has one time zone for the whole process. */

#ifndef VMAUTHZ_POLICY_ZONE_H
#define VMAUTHZ_POLICY_ZONE_H

#include "decide/condition.h"

struct zone_cache;

/* An empty cache, NULL if memory ran out; freed with zone_cache_free(), which
 * accepts NULL and leaves NULL.  One thread at a time may use it. */
struct zone_cache *zone_cache_new(void);
void zone_cache_free(struct zone_cache **cache);

/* The callback local of struct moment; context is the cache. */
bool zone_local(void *context, const char *zone, time_t when,
    struct moment_week *week_r);

#endif
