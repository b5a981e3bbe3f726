/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/verifier_check.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/fair_queue.h"
#include "decide/request.h"
#include "scram/scram.h"

enum { VERIFIER_MECHANISM_MAX = 31 };	/* octets */

struct verifier_check_job {
	struct fair_item item;		/* first: cast to the job */
	STAILQ_ENTRY(verifier_check_job) next;	/* in done */
	char mechanism[VERIFIER_MECHANISM_MAX + 1];
	char prepared[SCRAM_PASSWORD_MAX];
	struct verifier verifier;
	bool right;
	verifier_check_cb *callback;
	void *context;
};

struct verifier_check {
	pthread_mutex_t mutex;		/* of the queues and ending */
	pthread_cond_t work;		/* a job waits, or ending is set */
	struct fair_queue waiting;	/* jobs by VM */
	STAILQ_HEAD(, verifier_check_job) done;
	bool ending;
	int wake;			/* eventfd(2): a job is done */
	struct event *event;
	size_t threads;
	pthread_t thread[];
};

/* The next two are called with the mutex locked. */

static struct verifier_check_job *
verifier_check_pop_waiting(struct verifier_check *verify)
{
	struct fair_item *item = fair_queue_first(&verify->waiting, NULL, NULL);

	if (item != NULL)
		fair_queue_take(&verify->waiting, item);
	return (struct verifier_check_job *)item;
}

static struct verifier_check_job *
verifier_check_pop_done(struct verifier_check *verify)
{
	struct verifier_check_job *job = STAILQ_FIRST(&verify->done);

	if (job != NULL)
		STAILQ_REMOVE_HEAD(&verify->done, next);
	return job;
}

static void
verifier_check_free_job(struct verifier_check_job *job)
{
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

/* --- the threads ----------------------------------------------------- */

/* The mutex is unlocked while PBKDF2 runs.  A thread that is to end leaves the
 * jobs that wait to verifier_check_free(). */
static void *
verifier_check_thread_cb(void *context)
{
	static const uint64_t one = 1;
	struct verifier_check *verify = context;
	struct verifier_check_job *job;

	pthread_mutex_lock(&verify->mutex);
	for (;;) {
		job = NULL;
		while (!verify->ending &&
		    (job = verifier_check_pop_waiting(verify)) == NULL)
			pthread_cond_wait(&verify->work, &verify->mutex);
		if (job == NULL)
			break;
		pthread_mutex_unlock(&verify->mutex);
		job->right = scram_verifier_check(job->mechanism,
		    job->prepared, &job->verifier) == ERROR_NONE;
		pthread_mutex_lock(&verify->mutex);
		STAILQ_INSERT_TAIL(&verify->done, job, next);
		if (write(verify->wake, &one, sizeof(one)) < 0)
			continue;	/* EAGAIN: the loop is woken anyway */
	}
	pthread_mutex_unlock(&verify->mutex);
	return NULL;
}

/* --- the loop's side ------------------------------------------------- */

/* The callback runs without the mutex, for it may queue another comparison. */
static void
verifier_check_wake_cb(evutil_socket_t fd, short what, void *context)
{
	struct verifier_check *verify = context;
	struct verifier_check_job *job;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	for (;;) {
		pthread_mutex_lock(&verify->mutex);
		job = verifier_check_pop_done(verify);
		pthread_mutex_unlock(&verify->mutex);
		if (job == NULL)
			return;
		job->callback(job->context, job->right);
		verifier_check_free_job(job);
	}
}

static bool
verifier_check_start_threads(struct verifier_check *verify, size_t threads)
{
	for (; verify->threads < threads; verify->threads++) {
		if (pthread_create(&verify->thread[verify->threads], NULL,
		    verifier_check_thread_cb, verify) != 0)
			return false;
	}
	return true;
}

int
verifier_check_new(struct verifier_check **verify_r, struct event_base *base,
    size_t threads)
{
	struct verifier_check *verify = calloc(1, sizeof(*verify) +
	    threads * sizeof(verify->thread[0]));

	*verify_r = NULL;
	if (verify == NULL)
		return ERROR_MEMORY;
	pthread_mutex_init(&verify->mutex, NULL);
	pthread_cond_init(&verify->work, NULL);
	verify->waiting.max = VERIFIER_CHECK_QUEUE_MAX;
	verify->waiting.max_per_key = VERIFIER_CHECK_QUEUE_PER_VM_MAX;
	STAILQ_INIT(&verify->done);
	verify->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (verify->wake >= 0)
		verify->event = event_new(base, verify->wake,
		    EV_READ | EV_PERSIST, verifier_check_wake_cb, verify);
	if (verify->event == NULL || event_add(verify->event, NULL) != 0 ||
	    !verifier_check_start_threads(verify, threads)) {
		verifier_check_free(&verify);
		return ERROR_MEMORY;
	}
	*verify_r = verify;
	return ERROR_NONE;
}

void
verifier_check_free(struct verifier_check **verify)
{
	struct verifier_check *old = *verify;
	struct verifier_check_job *job;

	*verify = NULL;
	if (old == NULL)
		return;
	pthread_mutex_lock(&old->mutex);
	old->ending = true;
	pthread_cond_broadcast(&old->work);
	pthread_mutex_unlock(&old->mutex);
	while (old->threads > 0)
		pthread_join(old->thread[--old->threads], NULL);
	while ((job = verifier_check_pop_waiting(old)) != NULL ||
	    (job = verifier_check_pop_done(old)) != NULL)
		verifier_check_free_job(job);
	if (old->event != NULL)
		event_free(old->event);
	if (old->wake >= 0)
		close(old->wake);
	pthread_cond_destroy(&old->work);
	pthread_mutex_destroy(&old->mutex);
	free(old);
}

struct verifier_check_job *
verifier_check_ask(struct verifier_check *verify, const char *vm,
    const char *mechanism, const char *prepared,
    const struct verifier *verifier, verifier_check_cb *callback,
    void *context)
{
	struct verifier_check_job *job;
	bool put;

	if (strlen(vm) > REQUEST_VM_NAME_MAX ||
	    strlen(mechanism) > VERIFIER_MECHANISM_MAX ||
	    strlen(prepared) >= SCRAM_PASSWORD_MAX)
		return NULL;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	strcpy(job->mechanism, mechanism);
	strcpy(job->prepared, prepared);
	job->verifier = *verifier;
	job->callback = callback;
	job->context = context;
	pthread_mutex_lock(&verify->mutex);
	put = fair_queue_put(&verify->waiting, &job->item, vm);
	if (put)
		pthread_cond_signal(&verify->work);
	pthread_mutex_unlock(&verify->mutex);
	if (!put) {
		verifier_check_free_job(job);
		return NULL;
	}
	return job;
}
