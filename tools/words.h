/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Prints decisions and conditions for an administrator. */

#ifndef VMAUTHZ_TOOLS_WORDS_H
#define VMAUTHZ_TOOLS_WORDS_H

#include <stdio.h>

#include "cert/cert_file.h"
#include "policy/policy.h"
#include "policy/zone.h"

enum { WORDS_MAX = 4608 };	/* octets of a detail with NUL, enough for all
				 * alternative names of a certificate */

/* A request, what it points into, and what `vmauthz explain` knows about it. */
struct explained_request {
	struct identity user;
	struct cert_facts facts;
	const char *names[CERT_NAMES_MAX];
	bool certificate_read;	/* facts are of a file, not of --cert-cn */
	struct request request;
	time_t at;
	char utc[MOMENT_TEXT_LENGTH + 1];	/* at, formatted */
	struct zone_cache *zones;
};

/* Prints text from any source; control characters as \xNN. */
void words_print(FILE *out, const char *text);

/* Prints "allowed by grant 3", "denied: no grant".  reason is a text of
 * reason_text(), which may come from a log; grant 0: none. */
void words_print_verdict(FILE *out, bool allowed, const char *reason,
    int64_t grant);

/* Returns "met", "unmet" or "unknown". */
const char *words_state(enum condition_result state);

/* Writes what a condition was compared with ("it is Sunday 14:05 there"), or
 * why it could not be, or the option that would make it known ("say --from
 * ADDRESS"). */
void words_detail(char out[WORDS_MAX], enum condition_kind kind,
    const char *value, enum condition_result state,
    const struct explained_request *explained);

#endif
