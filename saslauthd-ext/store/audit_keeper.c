/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/store/audit_keeper.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/sqlite_file.h"
#include "saslauthd-ext/store/audit_file.h"

enum {
	KEEPER_FRAMES = 500,		/* new ones in the WAL end the pause */
	KEEPER_PAUSE_MS = 1000,	/* between two turns: one sync serves all
				 * records of that time */
};

/* Bits of what the thread is to do. */
enum task {
	TASK_CHECKPOINT = 1,
	TASK_TIDY = 2,
	TASK_STOP = 4,
	TASK_HURRY = 8,		/* without the rest of the pause */
};

struct audit_keeper {
	char folder[PATH_MAX];
	pthread_t thread;
	pthread_mutex_t files;	/* locked while a file is open */
	pthread_mutex_t mutex;	/* of all below */
	pthread_cond_t wake;
	unsigned int tasks;
	unsigned int keep;
	int frames;		/* of audit.db-wal */
	int done;		/* frames when the last turn began */
};

/* --- tasks ------------------------------------------------------------ */

static void
keeper_sync_file(const struct audit_keeper *keeper, const char *name, int flags)
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

/* Syncs the WAL first: while another process reads, a PASSIVE checkpoint may
 * copy nothing, and the records have to be on disk all the same.  The other
 * modes would copy more, but take a lock that the writer waits for. */
static void
keeper_checkpoint(const struct audit_keeper *keeper)
{
	char path[PATH_MAX + AUDIT_NAME_MAX];
	sqlite3 *handle = NULL;

	keeper_sync_file(keeper, AUDIT_FILE "-wal", 0);
	snprintf(path, sizeof(path), "%s/%s", keeper->folder, AUDIT_FILE);
	if (sqlite_file_open(&handle, path, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, 0) == ERROR_NONE &&
	    sqlite_file_exec(handle, "PRAGMA synchronous = FULL") ==
	    ERROR_NONE)
		sqlite3_wal_checkpoint_v2(handle, NULL,
		    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_close(handle);
}

/* The writer rotates with synchronous = OFF, so the last pages of the newest
 * file are not synced yet.  The folder is synced last, for all renames. */
static void
keeper_tidy_folder(const struct audit_keeper *keeper, unsigned int keep)
{
	char path[PATH_MAX + AUDIT_NAME_MAX];
	struct dirent **list;
	int count = audit_files(keeper->folder, &list);

	if (count > 0)
		keeper_sync_file(keeper, list[count - 1]->d_name, 0);
	for (int i = 0; i < count && (unsigned int)(count - i) > keep; i++) {
		snprintf(path, sizeof(path), "%s/%.63s", keeper->folder,
		    list[i]->d_name);
		unlink(path);
	}
	audit_files_free(list, count);
	keeper_sync_file(keeper, ".", O_DIRECTORY);
}

/* --- the thread ------------------------------------------------------- */

static void
keeper_turn(struct audit_keeper *keeper, unsigned int tasks, unsigned int keep)
{
	pthread_mutex_lock(&keeper->files);
	if ((tasks & TASK_CHECKPOINT) != 0)
		keeper_checkpoint(keeper);
	if ((tasks & TASK_TIDY) != 0)
		keeper_tidy_folder(keeper, keep);
	pthread_mutex_unlock(&keeper->files);
}

/* Waits on the monotonic clock: if the time of day is set back, the pause must
 * not become hours. */
static void
keeper_rest(struct audit_keeper *keeper)
{
	const struct timespec until = clock_monotonic_in(KEEPER_PAUSE_MS);

	while ((keeper->tasks & TASK_HURRY) == 0 &&
	    pthread_cond_clockwait(&keeper->wake, &keeper->mutex,
	    CLOCK_MONOTONIC, &until) == 0)
		;
}

static void *
keeper_thread_cb(void *context)
{
	struct audit_keeper *keeper = context;
	unsigned int tasks, keep;

	pthread_mutex_lock(&keeper->mutex);
	for (;;) {
		while (keeper->tasks == 0)
			pthread_cond_wait(&keeper->wake, &keeper->mutex);
		tasks = keeper->tasks;
		keep = keeper->keep;
		keeper->tasks = 0;
		keeper->done = keeper->frames;
		if ((tasks & TASK_STOP) != 0)
			break;
		pthread_mutex_unlock(&keeper->mutex);
		keeper_turn(keeper, tasks, keep);
		pthread_mutex_lock(&keeper->mutex);
		keeper_rest(keeper);
	}
	pthread_mutex_unlock(&keeper->mutex);
	return NULL;
}

/* --- the writer's side ------------------------------------------------ */

/* Called with the mutex locked.  Signals only for new bits: in a flood of
 * records the thread is awake already. */
static void
keeper_add_tasks(struct audit_keeper *keeper, unsigned int tasks)
{
	bool news = (tasks & ~keeper->tasks) != 0;

	keeper->tasks |= tasks;
	if (news)
		pthread_cond_signal(&keeper->wake);
}

/* A WAL that is shorter than before has been begun again from its start, over
 * the old frames.  Its first frames are synced at once: until then a power
 * failure could bring back the old header, with which the rest of the old
 * frames would be valid. */
void
audit_keeper_written(struct audit_keeper *keeper, int frames)
{
	unsigned int tasks = TASK_CHECKPOINT;

	pthread_mutex_lock(&keeper->mutex);
	if (frames < keeper->frames) {
		keeper->done = 0;
		tasks |= TASK_HURRY;
	}
	keeper->frames = frames;
	if (frames - keeper->done >= KEEPER_FRAMES)
		tasks |= TASK_HURRY;
	keeper_add_tasks(keeper, tasks);
	pthread_mutex_unlock(&keeper->mutex);
}

bool
audit_keeper_pause(struct audit_keeper *keeper, int wait_ms)
{
	const struct timespec until = clock_monotonic_in(wait_ms);

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
	keeper_add_tasks(keeper, TASK_CHECKPOINT | TASK_TIDY | TASK_HURRY);
	pthread_mutex_unlock(&keeper->mutex);
}

/* --- start and stop --------------------------------------------------- */

/* The thread blocks all signals, so that the event loop's thread gets them. */
static int
keeper_create_thread(struct audit_keeper *keeper)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&keeper->thread, NULL, keeper_thread_cb, keeper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int
audit_keeper_start(struct audit_keeper **keeper_r, const char *folder)
{
	struct audit_keeper *keeper = malloc(sizeof(*keeper));

	*keeper_r = NULL;
	if (keeper == NULL)
		return ERROR_MEMORY;
	*keeper = (struct audit_keeper){
		.files = PTHREAD_MUTEX_INITIALIZER,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER,
	};
	snprintf(keeper->folder, sizeof(keeper->folder), "%s", folder);
	if (keeper_create_thread(keeper) != 0) {
		free(keeper);
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
	keeper_add_tasks(*keeper, TASK_STOP | TASK_HURRY);
	pthread_mutex_unlock(&(*keeper)->mutex);
	pthread_join((*keeper)->thread, NULL);
	free(*keeper);
	*keeper = NULL;
}
