/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/zone.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES_MAX = 8 };

/* Reading a zone takes a file, so those in use are kept. */
struct zone_cache {
	struct {
		char name[MOMENT_ZONE_MAX];
		GTimeZone *zone;	/* NULL: free */
	} entries[ZONES_MAX];
	size_t next;			/* to be given up next */
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
	for (size_t i = 0; i < ZONES_MAX; i++) {
		if ((*cache)->entries[i].zone != NULL)
			g_time_zone_unref((*cache)->entries[i].zone);
	}
	free(*cache);
	*cache = NULL;
}

/* GLib takes more for a zone's name than the name of a zone. */
static GTimeZone *
open_zone(const char *name)
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
find_zone(struct zone_cache *cache, const char *name)
{
	GTimeZone *zone;
	size_t at = cache->next;

	for (size_t i = 0; i < ZONES_MAX; i++) {
		if (cache->entries[i].zone != NULL &&
		    strcmp(cache->entries[i].name, name) == 0)
			return cache->entries[i].zone;
	}
	zone = strlen(name) < MOMENT_ZONE_MAX ? open_zone(name) : NULL;
	if (zone == NULL)
		return NULL;
	if (cache->entries[at].zone != NULL)
		g_time_zone_unref(cache->entries[at].zone);
	cache->entries[at].zone = zone;
	strcpy(cache->entries[at].name, name);
	cache->next = (at + 1) % ZONES_MAX;
	return zone;
}

bool
zone_local(void *context, const char *zone, time_t when,
    struct moment_week *week_r)
{
	GTimeZone *found = find_zone(context, zone);
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
