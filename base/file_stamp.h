/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a file has changed, according to its inode and its time stamps. */

#ifndef VMAUTHZ_BASE_FILE_STAMP_H
#define VMAUTHZ_BASE_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

/* Whether two calls of stat(2) found the same file, unchanged. */
bool file_stamp_same(const struct stat *a, const struct stat *b);

/* Whether a change after now (CLOCK_REALTIME) will show in the time stamps.
 * They are as coarse as the file system's clock: a file that was changed a
 * moment ago can change again without a new time stamp. */
bool file_stamp_settled(const struct stat *st, const struct timespec *now);

#endif
