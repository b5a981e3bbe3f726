/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/viewer_file.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_read.h"

enum { VIEWER_FILE_CA_MAX = 65536 };	/* octets of the certificate file */

#define GROUP "virt-viewer"

/* O_EXCL: the password goes into a file of the caller's own, with this mode;
 * not into one that somebody else may have open. */
int
viewer_file_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		warnx("%s exists: remove it or name another",
		    path);
	else if (fd < 0)
		warn("%s", path);
	return fd;
}

/* Finds a wrong file now: the viewer would fail only when the ticket is
 * used. */
static bool
viewer_file_has_certificate(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *certificate = bio == NULL ? NULL :
	    PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool has = certificate != NULL;

	X509_free(certificate);
	BIO_free(bio);
	return has;
}

/* A text with a NUL is no PEM file, and a larger one no certificate. */
char *
viewer_file_ca(const char *path)
{
	size_t size;
	char *text = file_read_path(path, VIEWER_FILE_CA_MAX, &size);

	if (text == NULL && errno != EFBIG) {
		warn("%s", path);
		return NULL;
	}
	if (text != NULL && strlen(text) == size &&
	    viewer_file_has_certificate(text))
		return text;
	warnx("%s: no certificate in PEM", path);
	free(text);
	return NULL;
}

/* GLib writes the file, as remote-viewer reads it with GLib: both escape
 * newlines of the certificate the same way.  The viewer is asked to delete the
 * file, which holds the password. */
static char *
viewer_file_make_text(const struct viewer_file *file, const char *ca,
    gsize *size_r)
{
	GKeyFile *keys = g_key_file_new();
	char *text;

	g_key_file_set_string(keys, GROUP, "type", "spice");
	g_key_file_set_string(keys, GROUP, "host", file->host);
	g_key_file_set_integer(keys, GROUP, "tls-port", (int)file->tls_port);
	g_key_file_set_string(keys, GROUP, "ca", ca);
	g_key_file_set_string(keys, GROUP, "title", file->title);
	g_key_file_set_string(keys, GROUP, "username", file->user);
	g_key_file_set_string(keys, GROUP, "password", file->password);
	g_key_file_set_integer(keys, GROUP, "delete-this-file", 1);
	text = g_key_file_to_data(keys, size_r, NULL);
	g_key_file_free(keys);
	return text;
}

/* fclose() reports what a full disk did not take. */
bool
viewer_file_write(int fd, const struct viewer_file *file, const char *ca)
{
	gsize size = 0;
	char *text = viewer_file_make_text(file, ca, &size);
	FILE *out = fdopen(fd, "w");
	bool written = false;

	if (out == NULL) {
		close(fd);
	} else {
		written = fwrite(text, 1, size, out) == size;
		written = fclose(out) == 0 && written;
	}
	if (!written)
		warn("%s", file->path);
	OPENSSL_cleanse(text, size);	/* the password is in it */
	g_free(text);
	return written;
}
