/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz-viewer: starts a stock SPICE viewer that shows a TLS client
 * certificate. */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>

#include "client/credential.h"
#include "client/handover.h"

#define VIEWER_USAGE \
	"usage: vmauthz-viewer --cert FILE --key FILE [--] COMMAND" \
	" [ARGUMENT ...]\n"

enum {
	VIEWER_EXIT_BAD_FILE = 1,
	VIEWER_EXIT_USAGE = 2,
	VIEWER_EXIT_CANNOT_EXECUTE = 126,	/* as in sh(1), and 127 */
	VIEWER_EXIT_NOT_FOUND = 127,
	VIEWER_CONTINUE = -1,
};

struct viewer_request {
	const char *cert;
	const char *key;
	const char *library;
	char **command;
};

static int
viewer_usage_error(void)
{
	fputs(VIEWER_USAGE, stderr);
	return VIEWER_EXIT_USAGE;
}

static int
viewer_print(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0) {
		warn("standard output");
		return VIEWER_EXIT_BAD_FILE;
	}
	return EXIT_SUCCESS;
}

/* Returns VIEWER_CONTINUE, or the exit status. */
static int
viewer_parse_options(struct viewer_request *req, int argc, char **argv)
{
	enum { VIEWER_OPT_CERT = 256, VIEWER_OPT_KEY, VIEWER_OPT_LIBRARY };
	static const struct option options[] = {
		{ "cert", required_argument, NULL, VIEWER_OPT_CERT },
		{ "help", no_argument, NULL, 'h' },
		{ "key", required_argument, NULL, VIEWER_OPT_KEY },
		{ "library", required_argument, NULL, VIEWER_OPT_LIBRARY },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	/* "+": what follows the viewer's name are the viewer's own options. */
	while ((opt = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
		switch (opt) {
		case VIEWER_OPT_CERT:
			req->cert = optarg;
			break;
		case VIEWER_OPT_KEY:
			req->key = optarg;
			break;
		case VIEWER_OPT_LIBRARY:
			req->library = optarg;
			break;
		case 'h':
			return viewer_print(VIEWER_USAGE);
		case 'V':
			return viewer_print("vmauthz-viewer " PACKAGE_VERSION
			    "\n");
		default:
			return viewer_usage_error();
		}
	}
	req->command = argv + optind;
	if (req->cert == NULL || req->key == NULL || *req->command == NULL)
		return viewer_usage_error();
	return VIEWER_CONTINUE;
}

/* ld.so(8) skips a library that it can't load, and nobody in the viewer would
 * then close the descriptor with the key: the file is checked before. */
static int
viewer_find_library(const char *file, char path_r[static PATH_MAX])
{
	if (realpath(file, path_r) == NULL || access(path_r, R_OK) != 0) {
		warn("%s", file);
		return -1;
	}
	/* LD_PRELOAD is split at spaces and colons, and expands $ORIGIN; it
	 * has no way to quote them. */
	if (strpbrk(path_r, " :$") != NULL) {
		warnx("%s: a library whose path has a space, a colon or a"
		    " dollar sign in it can't be preloaded", path_r);
		return -1;
	}
	return 0;
}

/* Returns the descriptor, or -1.  The key is decrypted and checked here and not
 * in the viewer, which may have no terminal to read a passphrase from. */
static int
viewer_hand_over(const struct credential *cred)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size;
	int fd = -1;

	if (out == NULL || credential_write(cred, out) != 0) {
		warnx("the certificate and key can't be written in PEM form");
	} else {
		size = BIO_get_mem_data(out, &text);
		fd = handover_send(text, (size_t)size);
		if (fd < 0)
			warn("the certificate and key can't be handed to the"
			    " viewer");
	}
	BIO_free(out);
	return fd;
}

/* The library goes in front: preload_restore_environment() removes the first
 * entry, so what the user had preloaded stays. */
static int
viewer_set_environment(const char *library, int fd)
{
	const char *before = getenv("LD_PRELOAD");
	char number[16];
	char *preload;
	int result;

	snprintf(number, sizeof(number), "%d", fd);
	if (asprintf(&preload, "%s%s%s", library, before != NULL ? ":" : "",
	    before != NULL ? before : "") < 0)
		return -1;
	result = setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return result != 0 ? -1 : setenv(HANDOVER_VARIABLE, number, 1);
}

static int
viewer_prepare(const struct viewer_request *req)
{
	struct credential *cred = NULL;
	char library[PATH_MAX];
	int fd;

	if (viewer_find_library(req->library, library) != 0 ||
	    credential_open(&cred, req->cert, req->key) != 0)
		return VIEWER_EXIT_BAD_FILE;
	fd = viewer_hand_over(cred);
	credential_close(&cred);
	if (fd < 0)
		return VIEWER_EXIT_BAD_FILE;
	if (viewer_set_environment(library, fd) != 0) {
		warn("the environment can't be set");
		return VIEWER_EXIT_BAD_FILE;
	}
	return VIEWER_CONTINUE;
}

int
main(int argc, char **argv)
{
	struct viewer_request req = {
		.library = PKGLIBDIR "/libvmauthz-client.so",
	};
	int status = viewer_parse_options(&req, argc, argv);

	if (status == VIEWER_CONTINUE)
		status = viewer_prepare(&req);
	if (status != VIEWER_CONTINUE)
		return status;
	/* No child process: signals and the exit status are the viewer's. */
	execvp(req.command[0], req.command);
	status = errno == ENOENT ? VIEWER_EXIT_NOT_FOUND :
	    VIEWER_EXIT_CANNOT_EXECUTE;
	warn("%s", req.command[0]);
	return status;
}
