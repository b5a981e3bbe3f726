/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_keeper.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "saslauthd-ext/store/audit_file.h"

enum {
	FRAMES = 500,	/* of audit.db-wal that are not in audit.db yet */
	FRAMES_MAX = 2000,	/* of it, in a flood of records */
	PAUSE = 1,	/* seconds between two syncs */
};

enum task {
	TASK_SYNC = 1,
	TASK_CHECKPOINT = 2,
	TASK_TIDY = 4,
	TASK_STOP = 8,
	TASK_HURRY = 16,
};

struct audit_keeper {
	char folder[PATH_MAX];
	pthread_t thread;
	pthread_mutex_t files;	/* held while any is open */
	pthread_mutex_t mutex;	/* of all below */
	pthread_cond_t wake;
	bool asleep;
	unsigned int tasks;
	int frames, done;	/* of audit.db-wal, and those in audit.db */
	bool ready;
	unsigned int keep;
};

/* --- what it does ------------------------------------------------------------ */

static void
sync_file(const struct audit_keeper *keeper, const char *name, int flags)
{
	char path[PATH_MAX + AUDIT_NAME_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%.63s", keeper->folder,
	    name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* PASSIVE takes no lock that a writer waits for.  Returns the pages of
 * audit.db-wal that are in audit.db now, or -1. */
static int
checkpoint(const struct audit_keeper *keeper)
{
	char path[PATH_MAX + AUDIT_NAME_MAX];
	sqlite3 *handle = NULL;
	int done = -1;

	snprintf(path, sizeof(path), "%s/%s", keeper->folder, AUDIT_FILE);
	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_exec(handle, "PRAGMA synchronous = FULL", NULL, NULL,
	    NULL) != SQLITE_OK ||
	    sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
	    NULL, &done) != SQLITE_OK)
		done = -1;
	sqlite3_close(handle);
	return done;
}

static void
tidy(const struct audit_keeper *keeper, unsigned int keep)
{
	char path[PATH_MAX + AUDIT_NAME_MAX];
	struct dirent **list;
	int count = audit_files(keeper->folder, &list);

	if (count < 0)
		return;
	if (count > 0)
		sync_file(keeper, list[count - 1]->d_name, 0);
	for (int i = 0; i < count && (unsigned int)(count - i) > keep; i++) {
		snprintf(path, sizeof(path), "%s/%.63s", keeper->folder,
		    list[i]->d_name);
		unlink(path);
	}
	audit_files_free(list, count);
	sync_file(keeper, ".", O_DIRECTORY);
}

/* --- the thread -------------------------------------------------------------- */

static void
work(struct audit_keeper *keeper, unsigned int tasks, unsigned int keep)
{
	int done = -1;

	pthread_mutex_lock(&keeper->files);
	if ((tasks & TASK_SYNC) != 0)
		sync_file(keeper, AUDIT_FILE "-wal", 0);
	if ((tasks & TASK_CHECKPOINT) != 0)
		done = checkpoint(keeper);
	if ((tasks & TASK_TIDY) != 0)
		tidy(keeper, keep);
	/* taken before files is let go: a rotation clears ready after that */
	pthread_mutex_lock(&keeper->mutex);
	if (done >= 0) {
		keeper->done = done <= keeper->frames ? done : 0;
		keeper->ready = true;
	}
	pthread_mutex_unlock(&keeper->mutex);
	pthread_mutex_unlock(&keeper->files);
}

static void
pause_a_while(struct audit_keeper *keeper)
{
	struct timespec until = clock_monotonic_in(PAUSE * 1000);

	keeper->asleep = true;
	while ((keeper->tasks & TASK_HURRY) == 0 &&
	    pthread_cond_timedwait(&keeper->wake, &keeper->mutex, &until) == 0)
		;
	keeper->asleep = false;
}

static void *
run(void *context)
{
	struct audit_keeper *keeper = context;
	unsigned int tasks, keep;

	pthread_mutex_lock(&keeper->mutex);
	for (;;) {
		keeper->asleep = true;
		while (keeper->tasks == 0)
			pthread_cond_wait(&keeper->wake, &keeper->mutex);
		keeper->asleep = false;
		tasks = keeper->tasks;
		keep = keeper->keep;
		keeper->tasks = 0;
		if ((tasks & TASK_STOP) != 0)
			break;
		pthread_mutex_unlock(&keeper->mutex);
		work(keeper, tasks, keep);
		pthread_mutex_lock(&keeper->mutex);
		pause_a_while(keeper);
	}
	pthread_mutex_unlock(&keeper->mutex);
	return NULL;
}

/* Called with the mutex; wakes nobody who is awake, or has his pause. */
static void
add_tasks(struct audit_keeper *keeper, unsigned int tasks)
{
	bool idle = keeper->tasks == 0;

	keeper->tasks |= tasks;
	if (keeper->asleep && (idle || (tasks & TASK_HURRY) != 0))
		pthread_cond_signal(&keeper->wake);
}

/* --- what it is told --------------------------------------------------------- */

/* The first frames of a WAL that begins anew are to be on disk before SQLite
 * would believe the rest of the old one again. */
bool
audit_keeper_written(struct audit_keeper *keeper, int frames)
{
	unsigned int tasks = TASK_SYNC;
	bool flood;

	pthread_mutex_lock(&keeper->mutex);
	if (frames < keeper->frames) {
		keeper->done = 0;
		tasks |= TASK_HURRY;
	}
	keeper->frames = frames;
	if (frames - keeper->done >= FRAMES)
		tasks |= TASK_CHECKPOINT | TASK_HURRY;
	flood = frames >= FRAMES_MAX && frames - keeper->done < FRAMES;
	add_tasks(keeper, tasks);
	pthread_mutex_unlock(&keeper->mutex);
	return flood;
}

bool
audit_keeper_ready(struct audit_keeper *keeper)
{
	bool ready;

	pthread_mutex_lock(&keeper->mutex);
	ready = keeper->ready && keeper->frames - keeper->done < FRAMES;
	if (!ready) {
		keeper->ready = false;
		add_tasks(keeper, TASK_CHECKPOINT | TASK_HURRY);
	}
	pthread_mutex_unlock(&keeper->mutex);
	return ready;
}

bool
audit_keeper_pause(struct audit_keeper *keeper, int wait_ms)
{
	struct timespec until;

	if (wait_ms == 0)
		return pthread_mutex_trylock(&keeper->files) == 0;
	until = clock_monotonic_in(wait_ms);
	return pthread_mutex_clocklock(&keeper->files, CLOCK_MONOTONIC,
	    &until) == 0;
}

void
audit_keeper_resume(struct audit_keeper *keeper)
{
	pthread_mutex_unlock(&keeper->files);
}

void
audit_keeper_tidy(struct audit_keeper *keeper, unsigned int keep)
{
	pthread_mutex_lock(&keeper->mutex);
	keeper->keep = keep;
	add_tasks(keeper, TASK_TIDY | TASK_HURRY);
	pthread_mutex_unlock(&keeper->mutex);
}

void
audit_keeper_rotated(struct audit_keeper *keeper, unsigned int keep)
{
	pthread_mutex_lock(&keeper->mutex);
	keeper->frames = 0;
	keeper->done = 0;
	keeper->ready = false;
	pthread_mutex_unlock(&keeper->mutex);
	audit_keeper_tidy(keeper, keep);
}

/* --- its life ---------------------------------------------------------------- */

static void
init_locks(struct audit_keeper *keeper)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&keeper->files, NULL);
	pthread_mutex_init(&keeper->mutex, NULL);
}

static void
destroy(struct audit_keeper *keeper)
{
	pthread_cond_destroy(&keeper->wake);
	pthread_mutex_destroy(&keeper->files);
	pthread_mutex_destroy(&keeper->mutex);
	free(keeper);
}

/* Signals are for the others. */
static int
start_thread(struct audit_keeper *keeper)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&keeper->thread, NULL, run, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int
audit_keeper_start(struct audit_keeper **keeper_r, const char *folder)
{
	struct audit_keeper *keeper = calloc(1, sizeof(*keeper));

	*keeper_r = NULL;
	if (keeper == NULL)
		return ERROR_MEMORY;
	snprintf(keeper->folder, sizeof(keeper->folder), "%s", folder);
	init_locks(keeper);
	if (start_thread(keeper) != 0) {
		destroy(keeper);
		return ERROR_MEMORY;
	}
	*keeper_r = keeper;
	return ERROR_NONE;
}

void
audit_keeper_stop(struct audit_keeper **keeper)
{
	if (*keeper == NULL)
		return;
	pthread_mutex_lock(&(*keeper)->mutex);
	add_tasks(*keeper, TASK_STOP | TASK_HURRY);
	pthread_mutex_unlock(&(*keeper)->mutex);
	pthread_join((*keeper)->thread, NULL);
	destroy(*keeper);
	*keeper = NULL;
}
