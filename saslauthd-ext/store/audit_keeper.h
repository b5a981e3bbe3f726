/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The thread that waits for the disk.  A commit in WAL mode waits for none,
 * but a checkpoint, the first commit after one, and the removal of a large
 * file do, on a disk that stalls for seconds: all logins would stand still.
 * The thread brings audit.db-wal into audit.db, on disk, at most a second
 * after a record, and cleans up after a rotation. */

#ifndef VMAUTHZD_STORE_AUDIT_KEEPER_H
#define VMAUTHZD_STORE_AUDIT_KEEPER_H

#include <stdbool.h>

struct audit_keeper;

int audit_keeper_start(struct audit_keeper **keeper_r, const char *folder);
void audit_keeper_stop(struct audit_keeper **keeper);

/* A record was committed; frames is the length of audit.db-wal in pages. */
void audit_keeper_written(struct audit_keeper *keeper, int frames);

/* Between these two the thread has no file open and opens none.  false: it is
 * at work for longer than that; another time. */
bool audit_keeper_pause(struct audit_keeper *keeper, int wait_ms);
void audit_keeper_resume(struct audit_keeper *keeper);

/* Syncs the newest rotated file, and removes the oldest until keep are left. */
void audit_keeper_tidy(struct audit_keeper *keeper, unsigned int keep);

#endif
