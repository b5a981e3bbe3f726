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

enum { CA_MAX = 65536 };	/* octets */

#define GROUP "virt-viewer"

int
viewer_file_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		warnx("%s is there already: take it away, or name another",
		    path);
	else if (fd < 0)
		warn("%s", path);
	return fd;
}

static bool
has_certificate(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *certificate = bio == NULL ? NULL :
	    PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool has = certificate != NULL;

	X509_free(certificate);
	BIO_free(bio);
	return has;
}

char *
viewer_file_ca(const char *path)
{
	size_t size;
	char *text = file_read_path(path, CA_MAX, &size);

	if (text == NULL && errno != EFBIG) {
		warn("%s", path);
		return NULL;
	}
	if (text != NULL && strlen(text) == size && has_certificate(text))
		return text;
	warnx("%s: no certificate in PEM", path);
	free(text);
	return NULL;
}

static char *
make_text(const struct viewer_file *file, const char *ca, gsize *size_r)
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

bool
viewer_file_write(int fd, const struct viewer_file *file, const char *ca)
{
	gsize size = 0;
	char *text = make_text(file, ca, &size);
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
	OPENSSL_cleanse(text, size);
	g_free(text);
	return written;
}
