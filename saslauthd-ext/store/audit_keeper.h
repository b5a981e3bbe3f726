/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The thread that waits for the disk, so that nobody who writes a record does:
 * it syncs audit.db-wal at most a second after a record, brings it into
 * audit.db when it is long, and cleans up after a rotation. */

#ifndef VMAUTHZD_STORE_AUDIT_KEEPER_H
#define VMAUTHZD_STORE_AUDIT_KEEPER_H

#include <stdbool.h>

struct audit_keeper;

int audit_keeper_start(struct audit_keeper **keeper_r, const char *folder);
void audit_keeper_stop(struct audit_keeper **keeper);

/* A record was committed; frames is the length of audit.db-wal in pages.  true:
 * records come so fast that the thread never brings in the last of them, and
 * the WAL would grow; what is left is little, the caller is to do it. */
bool audit_keeper_written(struct audit_keeper *keeper, int frames);

/* Whether all but the last few records are in audit.db itself, on disk, so
 * that little is left to do to end it.  Asks for it to be done if not. */
bool audit_keeper_ready(struct audit_keeper *keeper);

/* Between these two the thread has no file open and opens none.  false: it is
 * at work for longer than that; another time. */
bool audit_keeper_pause(struct audit_keeper *keeper, int wait_ms);
void audit_keeper_resume(struct audit_keeper *keeper);

/* Syncs the newest rotated file, and removes the oldest until keep are left. */
void audit_keeper_tidy(struct audit_keeper *keeper, unsigned int keep);

/* The same, and audit.db is another file from now on. */
void audit_keeper_rotated(struct audit_keeper *keeper, unsigned int keep);

#endif
