/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum file_verdict
file_check(const struct stat *st, const struct file_rule *rule)
{
	if ((st->st_mode & S_IFMT) != rule->type)
		return FILE_WRONG_TYPE;
	if (st->st_uid != rule->owner && !(rule->or_root && st->st_uid == 0))
		return FILE_WRONG_OWNER;
	if ((st->st_mode & rule->denied) != 0)
		return FILE_WRONG_MODE;
	return FILE_TRUSTED;
}

int
file_open(int folder, const char *path, int flags,
    const struct file_rule *rule, struct stat *st_r,
    enum file_verdict *verdict_r)
{
	/* a FIFO, or a terminal, is opened before its type is known: neither
	 * may block this process or become its controlling terminal */
	int fd = openat(folder, path,
	    flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, rule->create);
	int error;

	memset(st_r, 0, sizeof(*st_r));
	*verdict_r = FILE_UNSEEN;
	if (fd < 0)
		return -1;
	if (fstat(fd, st_r) == 0)
		*verdict_r = file_check(st_r, rule);
	if (*verdict_r == FILE_TRUSTED)
		return fd;
	error = errno;		/* of fstat(2), for the caller */
	close(fd);
	errno = error;
	return -1;
}
