/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Time zones by name, from the system's tz database (through GLib, which
 * QEMU has loaded anyway: libc knows one zone a process). */

#ifndef VMAUTHZ_POLICY_ZONE_H
#define VMAUTHZ_POLICY_ZONE_H

#include "decide/condition.h"

struct zone_cache;

/* An empty cache, NULL if memory ran out; freed with zone_cache_free(), which
 * accepts NULL and leaves NULL.  One thread at a time may use it. */
struct zone_cache *zone_cache_new(void);
void zone_cache_free(struct zone_cache **cache);

/* struct moment's local(); context is the cache. */
bool zone_local(void *context, const char *zone, time_t when,
    struct moment_week *week_r);

#endif
