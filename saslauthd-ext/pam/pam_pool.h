/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The worker's side of the PAM helpers: a queue of questions, in which VMs take
 * turns, for a bounded number of processes.  A VM with many logins can't use up
 * the helpers, and a slow directory can't use up the host's memory. */

#ifndef VMAUTHZD_PAM_PAM_POOL_H
#define VMAUTHZD_PAM_PAM_POOL_H

#include <event2/event.h>

#include "saslauthd-ext/pam/pam_message.h"

struct pam_pool;
struct pam_pool_job;

/* How the pool gets its processes: from the monitor, for the worker may not
 * make root's; tests have their own source.  See monitor_client.h. */
struct pam_pool_source {
	/* returns a socket to a new helper, or -1, and its number */
	int (*start)(void *context, uint32_t *helper_r);
	/* kills a helper that may hang */
	void (*stop)(void *context, uint32_t helper);
	void *context;
};

/* Called once, never from within pam_pool_ask().  code is that of struct
 * pam_answer; 0 if no helper has answered. */
typedef void pam_pool_cb(void *context, enum pam_result result, int code);

/* Returns 0 or ERROR_MEMORY.  Freeing kills helpers that are busy and drops all
 * questions without a call; the owners free what they gave as context. */
int pam_pool_new(struct pam_pool **pool_r, struct event_base *base,
    const struct pam_pool_source *source, const struct config *config);
void pam_pool_free(struct pam_pool **pool);

/* Applies new limits (pam_helpers, pam_helpers_per_vm, pam_timeout).  Questions
 * that wait already have the timeout that they began with. */
void pam_pool_configure(struct pam_pool *pool, const struct config *config);

/* Queues a question for the VM named in question->tty.  The question is copied,
 * and the copy's password wiped as soon as a helper has it.  The result is
 * PAM_BROKEN if there is no answer within pam_timeout, the time in the queue
 * included.  Returns NULL, and never calls back, if too many wait or memory is
 * short. */
enum {
	PAM_POOL_QUEUE_MAX = 1024,	/* that wait, in all */
	PAM_POOL_QUEUE_PER_VM_MAX = 256,
};
struct pam_pool_job *pam_pool_ask(struct pam_pool *pool,
    const struct pam_question *question, pam_pool_cb *callback, void *context);

#endif
