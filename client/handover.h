/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* How vmauthz-viewer hands a certificate and its key to the library that it
 * preloads into the viewer: as PEM text (the key in clear, then the viewer's
 * certificate, then its chain) in a sealed memfd (memfd_create(2)), so never
 * in a file, an argument or the environment.  Both ends are here. */

#ifndef VMAUTHZ_CLIENT_HANDOVER_H
#define VMAUTHZ_CLIENT_HANDOVER_H

#include <stddef.h>

/* The environment variable that holds the descriptor's number. */
#define HANDOVER_VARIABLE "VMAUTHZ_VIEWER_FD"

enum {
	HANDOVER_MAX = 256 * 1024,	/* octets of PEM text */
};

/* Puts 1 to HANDOVER_MAX octets into a new sealed memfd that an exec leaves
 * open. Returns its number, 3 or more, or -1 with errno. */
int handover_send(const char *text, size_t size);

/* Reads the memfd of handover_send() and closes it.  Returns 0 and memory that
 * the caller wipes and frees, or -1 with errno.  EBADF: fd was not made by
 * handover_send(), and is left open. */
int handover_receive(int fd, char **text_r, size_t *size_r);

#endif
