/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The conditions that a grant can set, one column each, and what each comes
 * to for a request.  Pure functions,
 * but for the time zone that a caller looks up. */

#ifndef VMAUTHZ_DECIDE_CONDITION_H
#define VMAUTHZ_DECIDE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "decide/identity.h"
#include "decide/moment.h"
#include "decide/request.h"

/* In the order in which they are judged and told. */
enum condition_kind {
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
enum condition_result {
	CONDITION_UNMET = 0,
	CONDITION_MET,
	CONDITION_UNKNOWN,	/* nothing to compare with, or a value that
				 * makes no sense */
};

/* The column's name: "cert_cn". */
const char *condition_name(enum condition_kind kind);

/* What a column's value (NULL: not set, which is met) comes to. */
enum condition_result condition_judge(enum condition_kind kind,
    const char *value, const struct request *request,
    const struct moment *now);

/* Compares a text with a pattern: a glob as SQLite's GLOB, ASCII case
 * ignored, in which %u stands for the user's name without the realm, taken
 * literally, and %% for a per cent sign.  Another '%', an open bracket, or a
 * text or a pattern too long is CONDITION_UNKNOWN. */
enum condition_result condition_glob(const char *pattern,
    const struct identity *user, const char *text);

#endif
