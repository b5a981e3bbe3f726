/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_READ_FIRST_SIZE = 4096 };	/* octets: most of /proc */

/* Reads up to size octets; fewer only at the end of the file.  Returns their
 * number, or -1.  read(2) may return less at any time, as it does for /proc. */
static ssize_t
file_read_some(int fd, char *out, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while (used < size) {
		got = read(fd, out + used, size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

ssize_t
file_read(int fd, char *out, size_t max)
{
	/* One octet more than allowed, whose place the NUL needs: st_size can't
	 * show that a file is too long, since it is 0 in /proc. */
	ssize_t size = file_read_some(fd, out, max + 1);

	if (size > (ssize_t)max) {
		errno = EFBIG;
		size = -1;
	}
	if (size >= 0)
		out[size] = '\0';
	return size;
}

char *
file_read_all(int fd, size_t max, size_t *size_r)
{
	char *data = NULL, *grown;
	size_t room = 0, used = 0;
	ssize_t got;

	*size_r = 0;
	do {
		errno = EFBIG;
		if (room > max)
			goto fail;
		room = room == 0 ? FILE_READ_FIRST_SIZE : room * 2;
		if (room > max)
			room = max + 1;
		grown = realloc(data, room);
		if (grown == NULL)
			goto fail;
		data = grown;
		got = file_read_some(fd, data + used, room - used);
		if (got < 0)
			goto fail;
		used += (size_t)got;
	} while (used == room);
	data[used] = '\0';
	*size_r = used;
	return data;
fail:
	free(data);
	return NULL;
}

char *
file_read_path(const char *path, size_t max, size_t *size_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char *data;

	*size_r = 0;
	if (fd < 0)
		return NULL;
	data = file_read_all(fd, max, size_r);
	error = errno;
	close(fd);
	errno = error;
	return data;
}
