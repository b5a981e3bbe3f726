/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Passwords compared with SCRAM verifiers by threads of their own: a PBKDF2 of
 * many rounds must not hold up the worker's loop. */

#ifndef VMAUTHZD_VERIFY_H
#define VMAUTHZD_VERIFY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

struct verify;
struct verify_job;

enum {
	VERIFY_QUEUE_MAX = 256,		/* comparisons that wait */
	VERIFY_QUEUE_PER_VM_MAX = 64,	/* of them, for one VM */
};

/* Told once, on the loop's thread, never from within verify_ask(). */
typedef void verify_told(void *context, bool right);

/* Starts the threads.  Returns 0 or POLICY_E_MEMORY. */
int verify_new(struct verify **verify_r, struct event_base *base,
    size_t threads);

/* Waits for the comparisons that run; tells nobody any more. */
void verify_free(struct verify **verify);

/* Compares a prepared password (scram_prepare()); all that is given is copied,
 * and the copy wiped.  NULL if too many wait. */
struct verify_job *verify_ask(struct verify *verify, const char *vm,
    const char *mechanism, const char *prepared,
    const struct policy_verifier *verifier, verify_told *told, void *context);

#endif
