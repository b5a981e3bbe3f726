/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/pam/pam_pool.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fair_queue.h"

enum {
	PAM_POOL_IDLE_MAX = 2,		/* that stay, for the next login */
	PAM_POOL_IDLE_SECONDS = 30,	/* between two checks for others */
	PAM_POOL_RETRY_MS = 500,	/* after a start that failed */
};

/* A question that waits, or that a helper has. */
struct pam_pool_job {
	struct fair_item item;		/* first: cast to the job */
	struct pam_pool *pool;
	struct helper *helper;		/* that has it; NULL: it waits */
	struct event *expiry;		/* its timeout */
	struct pam_question question;
	pam_pool_cb *callback;
	void *context;
};

/* A helper process. */
struct helper {
	LIST_ENTRY(helper) list;
	struct pam_pool *pool;
	uint32_t number;		/* for source.stop() */
	int fd;
	struct event *event;
	struct pam_pool_job *job;	/* NULL: idle */
};

struct pam_pool {
	struct event_base *base;
	struct pam_pool_source source;
	unsigned int helpers_max, per_vm, timeout;
	LIST_HEAD(, helper) helpers;
	size_t helper_count;
	struct fair_queue waiting;	/* jobs by VM */
	struct event *dispatch;		/* a helper may be free for a job */
	struct event *idle;
	uint32_t last_id;
};

static void pam_pool_dispatch_soon(struct pam_pool *pool);

/* --- jobs ------------------------------------------------------------ */

static void
pam_pool_free_job(struct pam_pool_job *job)
{
	if (job->expiry != NULL)
		event_free(job->expiry);
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

static void
pam_pool_finish_job(struct pam_pool_job *job, enum pam_result result, int code)
{
	pam_pool_cb *callback = job->callback;
	void *context = job->context;

	pam_pool_free_job(job);
	callback(context, result, code);
}

/* --- helpers --------------------------------------------------------- */

/* Frees a helper.  An idle process exits when its socket is closed; one that is
 * busy may hang in a module, and has to be killed. */
static void
pam_pool_free_helper(struct helper *helper, bool kill)
{
	struct pam_pool *pool = helper->pool;

	LIST_REMOVE(helper, list);
	pool->helper_count--;
	if (helper->event != NULL)
		event_free(helper->event);
	close(helper->fd);
	if (kill)
		pool->source.stop(pool->source.context, helper->number);
	free(helper);
	pam_pool_dispatch_soon(pool);
}

static void
pam_pool_answer_cb(evutil_socket_t fd, short what, void *context)
{
	struct helper *helper = context;
	struct pam_pool_job *job = helper->job;
	struct pam_answer answer;
	ssize_t got = recv(fd, &answer, sizeof(answer),
	    MSG_DONTWAIT | MSG_TRUNC);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == (ssize_t)sizeof(answer) && job != NULL &&
	    answer.id == job->question.id &&
	    (answer.result == PAM_ACCEPTED || answer.result == PAM_REFUSED ||
	    answer.result == PAM_BROKEN)) {
		helper->job = NULL;
		pam_pool_dispatch_soon(helper->pool);
		pam_pool_finish_job(job, (enum pam_result)answer.result,
		    answer.code);
		return;
	}
	/* it exited (got is 0), or sent something else than its answer */
	pam_pool_free_helper(helper, got > 0);
	if (job != NULL)
		pam_pool_finish_job(job, PAM_BROKEN, 0);
}

static struct helper *
pam_pool_start_helper(struct pam_pool *pool)
{
	struct helper *helper;

	if (pool->helper_count >= pool->helpers_max)
		return NULL;
	helper = calloc(1, sizeof(*helper));
	if (helper == NULL)
		return NULL;
	helper->pool = pool;
	helper->fd = pool->source.start(pool->source.context,
	    &helper->number);
	if (helper->fd < 0) {
		free(helper);
		return NULL;
	}
	LIST_INSERT_HEAD(&pool->helpers, helper, list);
	pool->helper_count++;
	helper->event = event_new(pool->base, helper->fd,
	    EV_READ | EV_PERSIST, pam_pool_answer_cb, helper);
	if (helper->event != NULL && event_add(helper->event, NULL) == 0)
		return helper;
	pam_pool_free_helper(helper, true);
	return NULL;
}

static struct helper *
pam_pool_find_idle(const struct pam_pool *pool)
{
	struct helper *helper;

	LIST_FOREACH(helper, &pool->helpers, list) {
		if (helper->job == NULL)
			break;
	}
	return helper;
}

/* --- dispatch ---------------------------------------------------------- */

/* Whether a VM has less than its share of busy helpers. */
static bool
pam_pool_vm_ready_cb(void *context, const char *vm)
{
	const struct pam_pool *pool = context;
	const struct helper *helper;
	size_t busy = 0;

	LIST_FOREACH(helper, &pool->helpers, list)
		busy += helper->job != NULL &&
		    strcmp(helper->job->question.tty, vm) == 0;
	return busy < pool->per_vm;
}

/* Sends a job to a helper.  Returns false if that fails: the helper has exited,
 * after its last question for instance, and is freed; the job still waits. */
static bool
pam_pool_assign(struct helper *helper, struct pam_pool_job *job)
{
	if (send(helper->fd, &job->question, sizeof(job->question),
	    MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(job->question)) {
		pam_pool_free_helper(helper, true);
		return false;
	}
	fair_queue_take(&helper->pool->waiting, &job->item);
	helper->job = job;
	job->helper = helper;
	OPENSSL_cleanse(job->question.password,
	    sizeof(job->question.password));
	return true;
}

static void
pam_pool_dispatch_cb(evutil_socket_t fd, short what, void *context)
{
	static const struct timeval retry = {
		.tv_usec = PAM_POOL_RETRY_MS * 1000,
	};
	struct pam_pool *pool = context;
	struct fair_item *item;

	(void)fd;
	(void)what;
	while ((item = fair_queue_first(&pool->waiting, pam_pool_vm_ready_cb,
	    pool)) != NULL) {
		struct helper *helper = pam_pool_find_idle(pool);

		if (helper == NULL)
			helper = pam_pool_start_helper(pool);
		if (helper == NULL) {
			if (pool->helper_count < pool->helpers_max)
				event_add(pool->dispatch, &retry);
			return;
		}
		if (!pam_pool_assign(helper, (struct pam_pool_job *)item)) {
			/* later, for the next helper may fail as well: that
			 * would be a loop without an end */
			event_add(pool->dispatch, &retry);
			return;
		}
	}
}

/* Dispatches from the event loop, never from within a call: pam_pool_ask() may
 * not call back, and a helper that is freed may be in use by the caller. */
static void
pam_pool_dispatch_soon(struct pam_pool *pool)
{
	static const struct timeval now = { 0 };

	if (pool->dispatch != NULL)
		event_add(pool->dispatch, &now);
}

static void
pam_pool_timeout_cb(evutil_socket_t fd, short what, void *context)
{
	struct pam_pool_job *job = context;

	(void)fd;
	(void)what;
	if (job->helper != NULL)
		pam_pool_free_helper(job->helper, true);
	else
		fair_queue_remove(&job->pool->waiting, &job->item);
	pam_pool_finish_job(job, PAM_BROKEN, 0);
}

/* Ends idle helpers but PAM_POOL_IDLE_MAX, for after a burst of logins each
 * would stay, as root, until its 100th question. */
static void
pam_pool_idle_cb(evutil_socket_t fd, short what, void *context)
{
	struct pam_pool *pool = context;
	struct helper *helper = LIST_FIRST(&pool->helpers), *next;
	size_t idle = 0;

	(void)fd;
	(void)what;
	for (; helper != NULL; helper = next) {
		next = LIST_NEXT(helper, list);
		if (helper->job == NULL && ++idle > PAM_POOL_IDLE_MAX)
			pam_pool_free_helper(helper, false);
	}
}

/* --- the pool -------------------------------------------------------- */

int
pam_pool_new(struct pam_pool **pool_r, struct event_base *base,
    const struct pam_pool_source *source, const struct config *config)
{
	const struct timeval interval = { .tv_sec = PAM_POOL_IDLE_SECONDS };
	struct pam_pool *pool = calloc(1, sizeof(*pool));

	*pool_r = NULL;
	if (pool == NULL)
		return ERROR_MEMORY;
	pool->base = base;
	pool->source = *source;
	pool->waiting.max = PAM_POOL_QUEUE_MAX;
	pool->waiting.max_per_key = PAM_POOL_QUEUE_PER_VM_MAX;
	pool->dispatch = evtimer_new(base, pam_pool_dispatch_cb, pool);
	pool->idle = event_new(base, -1, EV_PERSIST, pam_pool_idle_cb, pool);
	if (pool->dispatch == NULL || pool->idle == NULL ||
	    event_add(pool->idle, &interval) != 0) {
		pam_pool_free(&pool);
		return ERROR_MEMORY;
	}
	pam_pool_configure(pool, config);
	*pool_r = pool;
	return ERROR_NONE;
}

void
pam_pool_configure(struct pam_pool *pool, const struct config *config)
{
	pool->helpers_max = config->pam_helpers;
	pool->per_vm = config->pam_helpers_per_vm;
	pool->timeout = config->pam_timeout;
	pam_pool_dispatch_soon(pool);
}

void
pam_pool_free(struct pam_pool **pool)
{
	struct pam_pool *old = *pool;
	struct fair_item *item;

	*pool = NULL;
	if (old == NULL)
		return;
	while ((item = fair_queue_first(&old->waiting, NULL, NULL)) != NULL) {
		fair_queue_remove(&old->waiting, item);
		pam_pool_free_job((struct pam_pool_job *)item);
	}
	while (!LIST_EMPTY(&old->helpers)) {
		struct helper *helper = LIST_FIRST(&old->helpers);

		if (helper->job != NULL)
			pam_pool_free_job(helper->job);
		pam_pool_free_helper(helper, helper->job != NULL);
	}
	if (old->dispatch != NULL)
		event_free(old->dispatch);
	if (old->idle != NULL)
		event_free(old->idle);
	free(old);
}

struct pam_pool_job *
pam_pool_ask(struct pam_pool *pool, const struct pam_question *question,
    pam_pool_cb *callback, void *context)
{
	const struct timeval expiry = { .tv_sec = pool->timeout };
	struct pam_pool_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->pool = pool;
	job->question = *question;
	job->question.id = ++pool->last_id;
	job->callback = callback;
	job->context = context;
	job->expiry = evtimer_new(pool->base, pam_pool_timeout_cb, job);
	if (job->expiry == NULL ||
	    event_add(job->expiry, &expiry) != 0 ||
	    !fair_queue_put(&pool->waiting, &job->item, question->tty)) {
		pam_pool_free_job(job);
		return NULL;
	}
	pam_pool_dispatch_soon(pool);
	return job;
}
