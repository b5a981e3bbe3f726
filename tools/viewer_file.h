/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Connection files for remote-viewer(1), which opens one with a click. */

#ifndef VMAUTHZ_TOOLS_VIEWER_FILE_H
#define VMAUTHZ_TOOLS_VIEWER_FILE_H

#include <stdbool.h>

struct viewer_file {
	const char *path;
	const char *host;
	unsigned int tls_port;
	const char *ca;		/* file with the CA's certificate, PEM */
	const char *title;
	const char *user;	/* name@realm */
	const char *password;
};

/* Makes an empty file that nobody else can read, which must not be there yet.
 * Returns its descriptor, or -1 after a complaint. */
int viewer_file_create(const char *path);

/* Reads the certificate file whole; NULL after a complaint.  Free it. */
char *viewer_file_ca(const char *path);

/* Writes all of it, ca being what viewer_file_ca() returned, and closes fd.
 * Complains. */
bool viewer_file_write(int fd, const struct viewer_file *file, const char *ca);

#endif
