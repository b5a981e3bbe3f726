/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whole files of a bounded size.  The contents are followed by a NUL that the
 * size does not count; there may be others within them. */

#ifndef VMAUTHZ_BASE_FILE_READ_H
#define VMAUTHZ_BASE_FILE_READ_H

#include <stddef.h>
#include <sys/types.h>

/* Reads at most max octets into out (max + 1).  Returns their number, or -1
 * with errno: EFBIG if there are more. */
ssize_t file_read(int fd, char *out, size_t max);

/* The same into memory that grows with the file, and that the caller frees.
 * Returns NULL with errno: EFBIG, ENOMEM, or one of read(2). */
char *file_read_all(int fd, size_t max, size_t *size_r);

/* The same for a path; errno may be one of open(2), too. */
char *file_read_path(const char *path, size_t max, size_t *size_r);

#endif
