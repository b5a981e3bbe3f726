/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The conditions that a grant can set, one column each, and their evaluation
 * for a request.  Pure functions, but for the time zone, which struct moment's
 * callback looks up.  The syntax of each column is in vmauthz-policy(5). */

#ifndef VMAUTHZ_DECIDE_CONDITION_H
#define VMAUTHZ_DECIDE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "decide/identity.h"
#include "decide/moment.h"
#include "decide/reason.h"
#include "decide/request.h"

/* In the order in which they are evaluated and printed; the first one that is
 * not met gives the reason of a refusal. */
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

/* The result of a condition.  An allow applies if all its conditions are met;
 * a deny applies unless one of them is unmet.  So what is unknown always
 * refuses. */
enum condition_result {
	CONDITION_UNMET = 0,
	CONDITION_MET,
	CONDITION_UNKNOWN,	/* nothing to compare with, or a malformed
				 * value */
};

/* The column's name: "cert_cn". */
const char *condition_name(enum condition_kind kind);

/* The reason of a refusal whose allow has this condition unmet. */
enum reason condition_unmet_reason(enum condition_kind kind);

/* Evaluates a condition whose column has that value; NULL (not set) is met. */
enum condition_result condition_evaluate(enum condition_kind kind,
    const char *value, const struct request *request,
    const struct moment *now);

/* Compares a text (NULL: unknown) with a pattern: a glob as SQLite's GLOB,
 * ASCII case ignored, in which %u stands for the literal name of the user
 * without the realm, and %% for a per cent sign.  CONDITION_UNKNOWN for
 * another '%', an open bracket, or a text or pattern that is too long. */
enum condition_result condition_glob(const char *pattern,
    const struct identity *user, const char *text);

#endif
