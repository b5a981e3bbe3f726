/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/verifier_check.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "decide/request.h"
#include "scram/scram.h"

enum { MECHANISM_MAX = 31 };

struct verifier_check_job {
	struct verifier_check_job *next;
	char vm[REQUEST_VM_NAME_MAX + 1];
	char mechanism[MECHANISM_MAX + 1];
	char prepared[SCRAM_PASSWORD_MAX];
	struct verifier verifier;
	uint64_t turn;		/* one of each VM's has it */
	bool right;
	verifier_check_cb *told;
	void *context;
};

/* First in, first out. */
struct queue {
	struct verifier_check_job *first, **last;
};

struct verifier_check {
	pthread_mutex_t mutex;		/* over the queues and ending */
	pthread_cond_t work;
	struct queue waiting, done;
	size_t count;			/* waiting */
	uint64_t turn;			/* of the last one that was taken */
	bool ending;
	int wake;			/* eventfd: something is done */
	struct event *event;
	size_t threads;
	pthread_t thread[];
};

static void
put(struct queue *queue, struct verifier_check_job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct verifier_check_job *
take(struct queue *queue)
{
	struct verifier_check_job *job = queue->first;

	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	return job;
}

static void
free_job(struct verifier_check_job *job)
{
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

/* --- the threads ------------------------------------------------------------ */

static void *
work(void *context)
{
	static const uint64_t one = 1;
	struct verifier_check *verify = context;
	struct verifier_check_job *job;

	pthread_mutex_lock(&verify->mutex);
	for (;;) {
		job = NULL;
		while (!verify->ending &&
		    (job = take(&verify->waiting)) == NULL)
			pthread_cond_wait(&verify->work, &verify->mutex);
		if (job == NULL)
			break;
		verify->count--;
		verify->turn = job->turn;
		pthread_mutex_unlock(&verify->mutex);
		job->right = scram_verifier_check(job->mechanism,
		    job->prepared, &job->verifier) == ERROR_NONE;
		pthread_mutex_lock(&verify->mutex);
		put(&verify->done, job);
		if (write(verify->wake, &one, sizeof(one)) < 0)
			continue;	/* the counter is full: it is awake */
	}
	pthread_mutex_unlock(&verify->mutex);
	return NULL;
}

/* --- the loop's side ----------------------------------------------------------- */

static void
on_wake(evutil_socket_t fd, short what, void *context)
{
	struct verifier_check *verify = context;
	struct verifier_check_job *job;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	for (;;) {
		pthread_mutex_lock(&verify->mutex);
		job = take(&verify->done);
		pthread_mutex_unlock(&verify->mutex);
		if (job == NULL)
			return;
		job->told(job->context, job->right);
		free_job(job);
	}
}

static bool
start(struct verifier_check *verify, size_t threads)
{
	for (; verify->threads < threads; verify->threads++) {
		if (pthread_create(&verify->thread[verify->threads], NULL,
		    work, verify) != 0)
			return false;
	}
	return true;
}

int
verifier_check_new(struct verifier_check **verify_r, struct event_base *base, size_t threads)
{
	struct verifier_check *verify = calloc(1, sizeof(*verify) +
	    threads * sizeof(verify->thread[0]));

	*verify_r = NULL;
	if (verify == NULL)
		return ERROR_MEMORY;
	pthread_mutex_init(&verify->mutex, NULL);
	pthread_cond_init(&verify->work, NULL);
	verify->waiting.last = &verify->waiting.first;
	verify->done.last = &verify->done.first;
	verify->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (verify->wake >= 0)
		verify->event = event_new(base, verify->wake,
		    EV_READ | EV_PERSIST, on_wake, verify);
	if (verify->event == NULL || event_add(verify->event, NULL) != 0 ||
	    !start(verify, threads)) {
		verifier_check_free(&verify);
		return ERROR_MEMORY;
	}
	*verify_r = verify;
	return ERROR_NONE;
}

static void
free_queue(struct queue *queue)
{
	struct verifier_check_job *job;

	while ((job = take(queue)) != NULL)
		free_job(job);
}

void
verifier_check_free(struct verifier_check **verify)
{
	struct verifier_check *old = *verify;

	*verify = NULL;
	if (old == NULL)
		return;
	pthread_mutex_lock(&old->mutex);
	old->ending = true;
	pthread_cond_broadcast(&old->work);
	pthread_mutex_unlock(&old->mutex);
	while (old->threads > 0)
		pthread_join(old->thread[--old->threads], NULL);
	free_queue(&old->waiting);
	free_queue(&old->done);
	if (old->event != NULL)
		event_free(old->event);
	if (old->wake >= 0)
		close(old->wake);
	pthread_cond_destroy(&old->work);
	pthread_mutex_destroy(&old->mutex);
	free(old);
}

/* How many of a VM's wait, and the turn of one more.  Turns only go on: were
 * they counted anew, a VM that always asks again would always be first. */
static size_t
count_of(const struct verifier_check *verify, const char *vm, uint64_t *turn_r)
{
	size_t count = 0;

	*turn_r = verify->turn + 1;
	for (const struct verifier_check_job *job = verify->waiting.first; job != NULL;
	    job = job->next) {
		if (strcmp(job->vm, vm) != 0)
			continue;
		count++;
		*turn_r = job->turn + 1;
	}
	return count;
}

/* The first of each VM's come before the second of any: it is by turn. */
static void
put_fairly(struct queue *queue, struct verifier_check_job *job)
{
	struct verifier_check_job **at = &queue->first;

	while (*at != NULL && (*at)->turn <= job->turn)
		at = &(*at)->next;
	job->next = *at;
	*at = job;
	if (job->next == NULL)
		queue->last = &job->next;
}

struct verifier_check_job *
verifier_check_ask(struct verifier_check *verify, const char *vm, const char *mechanism,
    const char *prepared, const struct verifier *verifier,
    verifier_check_cb *told, void *context)
{
	struct verifier_check_job *job;
	size_t count;

	if (strlen(vm) > REQUEST_VM_NAME_MAX ||
	    strlen(mechanism) > MECHANISM_MAX ||
	    strlen(prepared) >= SCRAM_PASSWORD_MAX)
		return NULL;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	strcpy(job->vm, vm);
	strcpy(job->mechanism, mechanism);
	strcpy(job->prepared, prepared);
	job->verifier = *verifier;
	job->told = told;
	job->context = context;
	pthread_mutex_lock(&verify->mutex);
	count = count_of(verify, vm, &job->turn);
	if (verify->count >= VERIFIER_CHECK_QUEUE_MAX ||
	    count >= VERIFIER_CHECK_QUEUE_PER_VM_MAX) {
		pthread_mutex_unlock(&verify->mutex);
		free_job(job);
		return NULL;
	}
	put_fairly(&verify->waiting, job);
	verify->count++;
	pthread_cond_signal(&verify->work);
	pthread_mutex_unlock(&verify->mutex);
	return job;
}
