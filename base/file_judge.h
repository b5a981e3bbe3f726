/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a file can be trusted: opened first, judged by its descriptor then,
 * so that nobody can exchange it in between. */

#ifndef VMAUTHZ_BASE_FILE_JUDGE_H
#define VMAUTHZ_BASE_FILE_JUDGE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct file_rule {
	mode_t type;		/* S_IFREG or S_IFDIR */
	uid_t owner;		/* who has to own it */
	bool or_root;		/* or else root */
	mode_t denied;		/* bits of the mode that may not be set */
	mode_t create;		/* mode of a file that O_CREAT makes */
};

/* The first thing that is wrong. */
enum file_verdict {
	FILE_UNSEEN = 0,	/* it can't be opened or looked at, see errno */
	FILE_WRONG_TYPE,
	FILE_WRONG_OWNER,
	FILE_WRONG_MODE,
	FILE_TRUSTED,
	FILE_VERDICTS,		/* how many there are */
};

/* FILE_UNSEEN never. */
enum file_verdict file_judge(const struct stat *st,
    const struct file_rule *rule);

/* Opens path below the descriptor folder (AT_FDCWD: the working directory)
 * with the flags of open(2), and never waits for the other end of a FIFO.
 * Returns a descriptor that is closed on exec and that the caller closes, or
 * -1 where *verdict_r, which is always set, is not FILE_TRUSTED.  *st_r is
 * cleared if the file is unseen. */
int file_open(int folder, const char *path, int flags,
    const struct file_rule *rule, struct stat *st_r,
    enum file_verdict *verdict_r);

#endif
