/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Passwords compared with SCRAM verifiers by threads of their own: a PBKDF2 of
 * many rounds must not hold up the worker's loop. */

#ifndef VMAUTHZD_LOGIN_VERIFIER_CHECK_H
#define VMAUTHZD_LOGIN_VERIFIER_CHECK_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

struct verifier_check;
struct verifier_check_job;

enum {
	VERIFIER_CHECK_QUEUE_MAX = 256,		/* comparisons that wait */
	VERIFIER_CHECK_QUEUE_PER_VM_MAX = 64,	/* of them, for one VM */
};

/* Told once, on the loop's thread, never from within verifier_check_ask(). */
typedef void verifier_check_cb(void *context, bool right);

/* Starts the threads.  Returns 0 or ERROR_MEMORY. */
int verifier_check_new(struct verifier_check **verify_r, struct event_base *base,
    size_t threads);

/* Waits for the comparisons that run; tells nobody any more. */
void verifier_check_free(struct verifier_check **verify);

/* Compares a prepared password (scram_prepare()); all that is given is copied,
 * and the copy wiped.  NULL if too many wait. */
struct verifier_check_job *verifier_check_ask(struct verifier_check *verify, const char *vm,
    const char *mechanism, const char *prepared,
    const struct verifier *verifier, verifier_check_cb *callback, void *context);

#endif
