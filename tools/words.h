/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Decisions and conditions in words that an administrator reads. */

#ifndef VMAUTHZ_TOOLS_WORDS_H
#define VMAUTHZ_TOOLS_WORDS_H

#include <stdio.h>

#include "cert/cert_file.h"
#include "policy/policy.h"
#include "policy/zone.h"

enum { WORDS_MAX = 4608 };	/* octets of a detail, with NUL: all alternative
				 * names of a certificate */

/* What the policy is asked, and what the asker knows of it. */
struct question {
	struct identity user;
	struct cert_facts facts;
	const char *names[CERT_NAMES_MAX];
	bool certificate_read;	/* facts are a whole certificate's */
	struct request request;
	time_t at;
	char utc[MOMENT_TEXT_LENGTH + 1];	/* the same for people */
	struct zone_cache *zones;
};

/* Text of whatever origin: control characters stand as \xNN. */
void words_print(FILE *out, const char *text);

/* "allowed by grant 3", "denied: no grant".  reason is reason_text()
 * of what allowed or denied. */
void words_print_verdict(FILE *out, bool allowed, const char *reason,
    int64_t grant);

/* "met", "unmet" or "unknown". */
const char *words_state(enum condition_result state);

/* What a condition was compared with, or why it could not be, or what to say
 * so that it can: "it is Sunday 14:05 there", "say --from ADDRESS". */
void words_detail(char out[WORDS_MAX], enum condition_kind kind,
    const char *value, enum condition_result state,
    const struct question *question);

#endif
