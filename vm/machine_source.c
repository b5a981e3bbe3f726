/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/machine_source.h"

#include <errno.h>
#include <unistd.h>

ssize_t
machine_read(int fd, char *out, size_t max)
{
	size_t used = 0;
	ssize_t got;

	do {
		/* one octet more than may be there */
		got = read(fd, out + used, max + 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		used += (size_t)got;
	} while (got != 0 && used <= max);
	if (used > max)
		return -1;
	out[used] = '\0';
	return (ssize_t)used;
}
