/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/file_stamp.h"

#include <stdint.h>

enum { FILE_STAMP_SETTLE_MS = 100 };	/* ten ticks of a kernel at 100 Hz */

bool
file_stamp_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* st_ctim, since st_mtim can be set by utimensat(2). */
bool
file_stamp_settled(const struct stat *st, const struct timespec *now)
{
	int64_t age = ((int64_t)now->tv_sec - st->st_ctim.tv_sec) * 1000 +
	    (now->tv_nsec - st->st_ctim.tv_nsec) / 1000000;

	return age > FILE_STAMP_SETTLE_MS;
}
