/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The conditions that a grant can set, one column each, and what each comes
 * to for a request.  Pure functions, but for the time zone that a caller
 * looks up. */

#ifndef VMAUTHZ_POLICY_CONDITION_H
#define VMAUTHZ_POLICY_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "policy/identity.h"
#include "policy/request.h"

/* In the order in which they are judged and told. */
enum policy_condition_kind {
	CONDITION_SERVICE = 0,
	CONDITION_CERT_CN,
	CONDITION_CERT_SAN,
	CONDITION_CERT_SHA256,
	CONDITION_CLIENT_NET,
	CONDITION_LOCAL_USER,
	CONDITION_NOT_BEFORE,
	CONDITION_NOT_AFTER,
	CONDITION_HOURS,
	CONDITION_COUNT
};

/* What a condition comes to.  An allow needs all its conditions met; a deny
 * stands unless one of them is unmet. */
enum policy_condition {
	CONDITION_UNMET = 0,
	CONDITION_MET,
	CONDITION_UNKNOWN,	/* nothing to compare with, or a value that
				 * makes no sense */
};

/* A moment of the week on somebody's clock. */
struct policy_week {
	int day;		/* 0: Monday … 6: Sunday */
	int minute;		/* of the day, 0 to 1439 */
};

enum {
	POLICY_TIME_LENGTH = 16,	/* "YYYY-MM-DD HH:MM" */
	POLICY_ZONE_MAX = 64,		/* octets of a zone's name, with NUL */
};

/* When the decision is made. */
struct policy_time {
	time_t when;
	char utc[POLICY_TIME_LENGTH + 1];
	/* The clock at when in a zone ("Europe/Berlin"; "": the host's own);
	 * false if there is no such zone. */
	bool (*local)(void *context, const char *zone, time_t when,
	    struct policy_week *week_r);
	void *context;
};

/* Fills in utc.  A time outside of the years 1000 to 9999 gives "", and
 * nothing that depends on it can be told. */
void policy_time_set(struct policy_time *time_r, time_t when);

/* Reads a time in UTC that exists, as in "2026-12-31 18:00". */
bool policy_time_read(const char *text, time_t *when_r);

/* Whether text is such a time. */
bool policy_time_valid(const char *text);

/* The column's name: "cert_cn". */
const char *condition_name(enum policy_condition_kind kind);

/* What a column's value (NULL: not set, which is met) comes to. */
enum policy_condition condition_judge(enum policy_condition_kind kind,
    const char *value, const struct policy_request *request,
    const struct policy_time *now);

/* Compares a text with a pattern: a glob as SQLite's GLOB, ASCII case
 * ignored, in which %u stands for the user's name without the realm, taken
 * literally, and %% for a per cent sign.  Another '%', an open bracket, or a
 * text or a pattern too long is CONDITION_UNKNOWN. */
enum policy_condition condition_glob(const char *pattern,
    const struct identity *user, const char *text);

#endif
