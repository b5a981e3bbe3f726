/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The thread that waits for the disk, so that no login does.  A commit in WAL
 * mode does not wait, but a checkpoint, the first commit after one, and the
 * removal of a large file do, for seconds on a disk that stalls.  The thread
 * copies audit.db-wal into audit.db and syncs both, at most a second after a
 * record, and deletes old files after a rotation. */

#ifndef VMAUTHZD_STORE_AUDIT_KEEPER_H
#define VMAUTHZD_STORE_AUDIT_KEEPER_H

#include <stdbool.h>

struct audit_keeper;

/* Starts the thread for audit.db in folder.  Returns 0 or ERROR_MEMORY.
 * audit_keeper_stop() waits for its current turn and frees it. */
int audit_keeper_start(struct audit_keeper **keeper_r, const char *folder);
void audit_keeper_stop(struct audit_keeper **keeper);

/* Notes that a record was committed.  frames is the length of audit.db-wal in
 * pages, as SQLite's WAL hook has it. */
void audit_keeper_written(struct audit_keeper *keeper, int frames);

/* Between these two calls the thread has no file open and opens none, so that
 * audit.db can be renamed.  audit_keeper_pause() waits at most wait_ms
 * milliseconds for the current turn; false: it takes longer, and there is no
 * pause to resume from. */
bool audit_keeper_pause(struct audit_keeper *keeper, int wait_ms);
void audit_keeper_resume(struct audit_keeper *keeper);

/* Schedules, after a file was opened or the limits changed: a checkpoint, a
 * sync of the newest rotated file, and the removal of the oldest ones until
 * keep are left.  From the first time on SQLite has one more descriptor open,
 * which it can't close while the writer has locks on the file. */
void audit_keeper_tidy(struct audit_keeper *keeper, unsigned int keep);

#endif
