/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/zone.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_CACHE_SIZE = 8 };

/* GLib reads a file for each zone that it makes. */
struct zone_cache {
	struct {
		char name[MOMENT_ZONE_MAX];
		GTimeZone *zone;	/* NULL: free */
	} entries[ZONE_CACHE_SIZE];
	size_t next;				/* to be replaced next */
};

struct zone_cache *
zone_cache_new(void)
{
	return calloc(1, sizeof(struct zone_cache));
}

void
zone_cache_free(struct zone_cache **cache)
{
	if (*cache == NULL)
		return;
	for (size_t i = 0; i < ZONE_CACHE_SIZE; i++) {
		if ((*cache)->entries[i].zone != NULL)
			g_time_zone_unref((*cache)->entries[i].zone);
	}
	free(*cache);
	*cache = NULL;
}

/* GLib also accepts paths as names of zones: a condition of the policy must not
 * make QEMU read a file outside the tz database. */
static GTimeZone *
zone_open(const char *name)
{
	if (name[0] == '\0')
		return g_time_zone_new_local();
	if (strcmp(name, "UTC") == 0)
		return g_time_zone_new_utc();
	if (name[0] == '/' || strstr(name, "..") != NULL)
		return NULL;
	return g_time_zone_new_identifier(name);
}

static GTimeZone *
zone_find(struct zone_cache *cache, const char *name)
{
	GTimeZone *zone;
	size_t at = cache->next;

	for (size_t i = 0; i < ZONE_CACHE_SIZE; i++) {
		if (cache->entries[i].zone != NULL &&
		    strcmp(cache->entries[i].name, name) == 0)
			return cache->entries[i].zone;
	}
	zone = strlen(name) < MOMENT_ZONE_MAX ? zone_open(name) : NULL;
	if (zone == NULL)
		return NULL;
	if (cache->entries[at].zone != NULL)
		g_time_zone_unref(cache->entries[at].zone);
	cache->entries[at].zone = zone;
	strcpy(cache->entries[at].name, name);
	cache->next = (at + 1) % ZONE_CACHE_SIZE;
	return zone;
}

bool
zone_local(void *context, const char *zone, time_t when,
    struct moment_week *week_r)
{
	GTimeZone *found = zone_find(context, zone);
	GDateTime *utc, *local;

	if (found == NULL)
		return false;
	utc = g_date_time_new_from_unix_utc(when);
	if (utc == NULL)
		return false;
	local = g_date_time_to_timezone(utc, found);
	g_date_time_unref(utc);
	if (local == NULL)
		return false;
	week_r->day = g_date_time_get_day_of_week(local) - 1;
	week_r->minute = g_date_time_get_hour(local) * 60 +
	    g_date_time_get_minute(local);
	g_date_time_unref(local);
	return true;
}
