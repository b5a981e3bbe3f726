/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "client/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* glibc before 2.38 doesn't define it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* With all four the size and the octets stay as they were written, so the
 * receiver may trust fstat(2), and no other file passes for a handover. */
enum {
	HANDOVER_SEALS =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
};

static int
handover_write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* As close(2), which may change errno. */
static void
handover_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

static int
handover_new_memfd(void)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("vmauthz-viewer", flags | MFD_NOEXEC_SEAL);

	/* Linux before 6.3 refuses the flag; later ones refuse its absence
	 * where the sysctl vm.memfd_noexec is 2. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("vmauthz-viewer", flags);
	return fd;
}

int
handover_send(const char *text, size_t size)
{
	int inherited = -1, fd;

	if (size == 0 || size > HANDOVER_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	fd = handover_new_memfd();
	if (fd < 0)
		return -1;
	/* The copy stays open at exec, since F_DUPFD clears FD_CLOEXEC.  Its
	 * number is above those of the standard streams, one of which
	 * memfd_create() returns if it was closed. */
	if (handover_write_all(fd, text, size) == 0 && fcntl(fd, F_ADD_SEALS,
	    HANDOVER_SEALS) == 0)
		inherited = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	handover_close(fd);
	return inherited;
}

/* The octets of a sealed memfd; NULL with errno.  One read is enough: no signal
 * interrupts that of a memfd, and the seals keep it from getting shorter.
 * pread(2), because the copied descriptor shares its offset with the one that
 * wrote, which stands at the end. */
static char *
handover_read(int fd, size_t size)
{
	char *text = calloc(1, size);

	if (text == NULL || pread(fd, text, size, 0) == (ssize_t)size)
		return text;
	explicit_bzero(text, size);
	free(text);
	errno = EIO;
	return NULL;
}

int
handover_receive(int fd, char **text_r, size_t *size_r)
{
	int seals = fcntl(fd, F_GET_SEALS);
	char *text = NULL;
	struct stat st;

	if (seals < 0 || (seals & HANDOVER_SEALS) != HANDOVER_SEALS || fstat(fd,
	    &st) != 0) {
		errno = EBADF;
		return -1;
	}
	if (st.st_size <= 0 || st.st_size > HANDOVER_MAX)
		errno = EMSGSIZE;
	else
		text = handover_read(fd, (size_t)st.st_size);
	handover_close(fd);
	if (text == NULL)
		return -1;
	*text_r = text;
	*size_r = (size_t)st.st_size;
	return 0;
}
