/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a file is still what it was, as its inode and time stamps tell. */

#ifndef VMAUTHZ_BASE_FILE_STAMP_H
#define VMAUTHZ_BASE_FILE_STAMP_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

/* Whether two looks at a path have seen the same file, unchanged. */
bool file_stamp_same(const struct stat *a, const struct stat *b);

/* Whether a change after now (CLOCK_REALTIME) will show: a file that was
 * changed within the tick of its own time stamps can change again without
 * showing it. */
bool file_stamp_settled(const struct stat *st, const struct timespec *now);

#endif
