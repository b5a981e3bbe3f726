/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Writes connection files for remote-viewer(1), in the format of its section
 * CONNECTION FILE. */

#ifndef VMAUTHZ_TOOLS_VIEWER_FILE_H
#define VMAUTHZ_TOOLS_VIEWER_FILE_H

#include <stdbool.h>

struct viewer_file {
	const char *path;
	const char *host;
	unsigned int tls_port;
	const char *ca;		/* path of the CA's certificate, PEM */
	const char *title;
	const char *user;	/* name@realm */
	const char *password;
};

/* Creates an empty file with mode 0600; an existing file is an error.  Returns
 * its descriptor, or -1 after it has printed the error. */
int viewer_file_create(const char *path);

/* Returns the text of a file with a certificate in PEM, or NULL after it has
 * printed the error.  The caller frees it. */
char *viewer_file_ca(const char *path);

/* Writes the file and closes fd; ca is the text that viewer_file_ca() returned.
 * Prints an error and returns false if it can't be written. */
bool viewer_file_write(int fd, const struct viewer_file *file, const char *ca);

#endif
