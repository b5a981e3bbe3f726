/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The PAM helpers as the worker sees them: questions wait in turn, fairly by
 * VM, for one of a bounded number of processes. */

#ifndef VMAUTHZD_POOL_H
#define VMAUTHZD_POOL_H

#include <event2/event.h>

#include "saslauthd-ext/pam_message.h"

struct pool;
struct pool_job;

/* How the pool gets its processes; tests bring their own. */
struct pool_source {
	int (*start)(void *context, uint32_t *helper_r);	/* see monitor.h */
	void (*stop)(void *context, uint32_t helper);
	void *context;
};

/* Told once, never from within pool_ask(). */
typedef void pool_told(void *context, enum pam_result result, int code);

int pool_new(struct pool **pool_r, struct event_base *base,
    const struct pool_source *source, const struct config *config);
void pool_free(struct pool **pool);

/* New limits (pam_helpers, pam_helpers_per_vm, pam_timeout) from now on. */
void pool_configure(struct pool *pool, const struct config *config);

/* Asks for the VM named in question->tty; question is copied, the copy wiped
 * when it is done.  Returns NULL if too many wait already (POOL_QUEUE_MAX in
 * all, POOL_QUEUE_PER_VM_MAX of a VM). */
enum { POOL_QUEUE_MAX = 1024, POOL_QUEUE_PER_VM_MAX = 256 };
struct pool_job *pool_ask(struct pool *pool,
    const struct pam_question *question, pool_told *told, void *context);

#endif
