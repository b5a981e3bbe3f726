/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* All of a file, of a bounded size.  What is read has a NUL behind it, which
 * its size doesn't count; it may hold others. */

#ifndef VMAUTHZ_BASE_FILE_READ_H
#define VMAUTHZ_BASE_FILE_READ_H

#include <stddef.h>
#include <sys/types.h>

/* Reads at most max octets into out (max + 1).  Returns their number, or -1
 * with errno: EFBIG if there are more. */
ssize_t file_read(int fd, char *out, size_t max);

/* The same into memory that grows with the file and that the caller frees.
 * NULL with errno: EFBIG, ENOMEM, or what read(2) says. */
char *file_read_all(int fd, size_t max, size_t *size_r);

/* The same of a path; errno may be open(2)'s, too. */
char *file_read_path(const char *path, size_t max, size_t *size_r);

#endif
