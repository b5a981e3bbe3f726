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

#define USAGE \
	"usage: vmauthz-viewer --cert FILE --key FILE [--] COMMAND [ARGUMENT ...]\n"

enum {
	EXIT_BAD_FILE = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT_RUN = 126,	/* as a shell has it */
	EXIT_NOT_FOUND = 127,
	GO_ON = -1,
};

struct request {
	const char *cert;
	const char *key;
	const char *library;
	char **command;
};

static int
usage_error(void)
{
	fputs(USAGE, stderr);
	return EXIT_USAGE;
}

static int
show(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0) {
		warn("standard output");
		return EXIT_BAD_FILE;
	}
	return EXIT_SUCCESS;
}

/* Returns GO_ON, or the exit status. */
static int
parse_options(struct request *req, int argc, char **argv)
{
	enum { OPT_CERT = 256, OPT_KEY, OPT_LIBRARY };
	static const struct option options[] = {
		{ "cert", required_argument, NULL, OPT_CERT },
		{ "help", no_argument, NULL, 'h' },
		{ "key", required_argument, NULL, OPT_KEY },
		{ "library", required_argument, NULL, OPT_LIBRARY },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};

	for (int opt; (opt = getopt_long(argc, argv, "+hV", options, NULL)) != -1;) {
		switch (opt) {
		case OPT_CERT:
			req->cert = optarg;
			break;
		case OPT_KEY:
			req->key = optarg;
			break;
		case OPT_LIBRARY:
			req->library = optarg;
			break;
		case 'h':
			return show(USAGE);
		case 'V':
			return show("vmauthz-viewer " PACKAGE_VERSION "\n");
		default:
			return usage_error();
		}
	}
	req->command = argv + optind;
	if (req->cert == NULL || req->key == NULL || *req->command == NULL)
		return usage_error();
	return GO_ON;
}

/* The dynamic linker merely skips a library that it can't find, and the key
 * would then lie around in the viewer; so look first. */
static int
find_library(const char *file, char path_r[static PATH_MAX])
{
	if (realpath(file, path_r) == NULL || access(path_r, R_OK) != 0) {
		warn("%s", file);
		return -1;
	}
	if (strpbrk(path_r, " :$") != NULL) {
		warnx("%s: a library whose path has a space, a colon or a"
		    " dollar sign in it can't be preloaded", path_r);
		return -1;
	}
	return 0;
}

static int
hand_over(const struct credential *cred, int *fd_r)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size;
	int fd = -1;

	if (out == NULL || credential_write(cred, out) != 0) {
		warnx("the certificate and key can't be written in PEM form");
		goto out;
	}
	size = BIO_get_mem_data(out, &text);
	fd = handover_give(text, (size_t)size);
	if (fd < 0)
		warn("the certificate and key can't be handed to the viewer");
out:
	BIO_free(out);
	if (fd < 0)
		return -1;
	*fd_r = fd;
	return 0;
}

static int
set_environment(const char *library, int fd)
{
	const char *before = getenv("LD_PRELOAD");
	char number[16];
	char *preload = NULL;
	int result;

	snprintf(number, sizeof(number), "%d", fd);
	if (before == NULL)
		result = setenv("LD_PRELOAD", library, 1);
	else if (asprintf(&preload, "%s:%s", library, before) < 0)
		return -1;
	else
		result = setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return result != 0 ? -1 : setenv(HANDOVER_VARIABLE, number, 1);
}

static int
prepare(const struct request *req)
{
	struct credential *cred = NULL;
	char library[PATH_MAX];
	int fd, result;

	if (find_library(req->library, library) != 0 ||
	    credential_open(&cred, req->cert, req->key) != 0)
		return EXIT_BAD_FILE;
	result = hand_over(cred, &fd);
	credential_close(&cred);
	if (result != 0)
		return EXIT_BAD_FILE;
	if (set_environment(library, fd) != 0) {
		warn("the environment can't be set");
		return EXIT_BAD_FILE;
	}
	return GO_ON;
}

int
main(int argc, char **argv)
{
	struct request req = {
		.library = PKGLIBDIR "/libvmauthz-client.so",
	};
	int status = parse_options(&req, argc, argv);

	if (status == GO_ON)
		status = prepare(&req);
	if (status != GO_ON)
		return status;
	execvp(req.command[0], req.command);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	warn("%s", req.command[0]);
	return status;
}
