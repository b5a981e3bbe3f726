/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Compares passwords with SCRAM verifiers in threads of its own: PBKDF2 with
 * many rounds would hold up the worker's event loop. */

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

/* Called once, on the loop's thread, never from within verifier_check_ask(). */
typedef void verifier_check_cb(void *context, bool right);

/* Starts the threads.  Returns 0 or ERROR_MEMORY. */
int verifier_check_new(struct verifier_check **verify_r,
    struct event_base *base, size_t threads);

/* Waits for the comparisons that run, and drops all others.  No callback is
 * called any more; the owners free what they gave as context. */
void verifier_check_free(struct verifier_check **verify);

/* Queues the comparison of a prepared password (scram_prepare()) with a
 * verifier.  VMs take turns, so that one with a long queue delays no other.
 * Arguments are copied, and the copies wiped.  Returns NULL, and never calls
 * back, if too many wait, a text is too long or memory is short. */
struct verifier_check_job *verifier_check_ask(struct verifier_check *verify,
    const char *vm, const char *mechanism, const char *prepared,
    const struct verifier *verifier, verifier_check_cb *callback,
    void *context);

#endif
