/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a file is of the expected type, owner and mode.  file_open() opens it
 * first and checks the descriptor then, so that nobody can replace the file in
 * between. */

#ifndef VMAUTHZ_BASE_FILE_CHECK_H
#define VMAUTHZ_BASE_FILE_CHECK_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct file_rule {
	mode_t type;		/* S_IFREG or S_IFDIR */
	uid_t owner;		/* the one who must own it */
	bool or_root;		/* or root may own it */
	mode_t denied;		/* bits that must be clear in its mode */
	mode_t create;		/* mode of a file that O_CREAT makes */
};

/* The first check that failed. */
enum file_verdict {
	FILE_UNSEEN = 0,	/* open(2) or fstat(2) failed, see errno */
	FILE_WRONG_TYPE,
	FILE_WRONG_OWNER,
	FILE_WRONG_MODE,
	FILE_TRUSTED,
	FILE_VERDICTS,		/* number of verdicts */
};

/* Never returns FILE_UNSEEN. */
enum file_verdict file_check(const struct stat *st,
    const struct file_rule *rule);

/* Opens path, relative to the descriptor folder (AT_FDCWD: the working
 * directory), with the flags of open(2), and checks it; never waits for the
 * other end of a FIFO.  *verdict_r is always set.  Returns a descriptor, closed
 * on exec, that the caller closes, or -1 unless *verdict_r is FILE_TRUSTED.
 * *st_r is cleared if *verdict_r is FILE_UNSEEN. */
int file_open(int folder, const char *path, int flags,
    const struct file_rule *rule, struct stat *st_r,
    enum file_verdict *verdict_r);

#endif
