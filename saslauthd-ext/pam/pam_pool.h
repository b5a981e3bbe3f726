/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The PAM helpers as the worker sees them: questions wait in turn, fairly by
 * VM, for one of a bounded number of processes. */

#ifndef VMAUTHZD_PAM_PAM_POOL_H
#define VMAUTHZD_PAM_PAM_POOL_H

#include <event2/event.h>

#include "saslauthd-ext/pam/pam_message.h"

struct pam_pool;
struct pam_pool_job;

/* How the pool gets its processes; tests bring their own. */
struct pam_pool_source {
	int (*start)(void *context, uint32_t *helper_r);	/* see monitor.h */
	void (*stop)(void *context, uint32_t helper);
	void *context;
};

/* Told once, never from within pam_pool_ask(). */
typedef void pam_pool_cb(void *context, enum pam_result result, int code);

int pam_pool_new(struct pam_pool **pool_r, struct event_base *base,
    const struct pam_pool_source *source, const struct config *config);
void pam_pool_free(struct pam_pool **pool);

/* New limits (pam_helpers, pam_helpers_per_vm, pam_timeout) from now on. */
void pam_pool_configure(struct pam_pool *pool, const struct config *config);

/* Asks for the VM named in question->tty; question is copied, the copy wiped
 * when it is done.  Returns NULL if too many wait already (PAM_POOL_QUEUE_MAX in
 * all, PAM_POOL_QUEUE_PER_VM_MAX of a VM). */
enum { PAM_POOL_QUEUE_MAX = 1024, PAM_POOL_QUEUE_PER_VM_MAX = 256 };
struct pam_pool_job *pam_pool_ask(struct pam_pool *pool,
    const struct pam_question *question, pam_pool_cb *callback, void *context);

#endif
