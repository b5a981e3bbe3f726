/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The program vmauthzd(8): reads its arguments, opens the sockets, and becomes
 * the monitor. */

#include <err.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/config/config_file.h"
#include "saslauthd-ext/monitor/listener.h"
#include "saslauthd-ext/monitor/monitor.h"
#include "saslauthd-ext/worker/worker.h"

struct arguments {
	const char *config;
	const char *folder;	/* of the sockets */
	const char *user;	/* the worker's */
	bool check, version, help;
};

static const char usage[] =
    "usage: vmauthzd [-htv] [-f CONFIG] [-m DIRECTORY] [-u USER]\n";

static bool
vmauthzd_parse_arguments(struct arguments *arguments_r, int argc, char **argv)
{
	int letter;

	*arguments_r = (struct arguments){
		.config = SYSCONFDIR "/vmauthz/vmauthzd.conf",
		.folder = RUNSTATEDIR "/vmauthz",
		.user = "vmauthz",
	};
	while ((letter = getopt(argc, argv, "f:hm:tu:v")) != -1)
		switch (letter) {
		case 'f':
			arguments_r->config = optarg;
			break;
		case 'h':
			arguments_r->help = true;
			break;
		case 'm':
			arguments_r->folder = optarg;
			break;
		case 't':
			arguments_r->check = true;
			break;
		case 'u':
			arguments_r->user = optarg;
			break;
		case 'v':
			arguments_r->version = true;
			break;
		default:
			return false;
		}
	return optind == argc;
}

static int
vmauthzd_check_config(const char *path)
{
	char error[CONFIG_ERROR_MAX];
	struct config *config;

	if (config_file_load(&config, path, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return EX_CONFIG;
	}
	config_free(&config);
	printf("%s: ok\n", path);
	return EX_OK;
}

/* Refuses root here, where the message can name the option to change;
 * privilege_drop() would refuse it, too. */
static bool
vmauthzd_find_user(struct monitor_settings *settings, const char *name)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL) {
		warnx("user %s %s", name, errno == 0 ? "does not exist: make "
		    "it, or name another one with -u" : strerror(errno));
		return false;
	}
	if (entry->pw_uid == 0 || entry->pw_gid == 0) {
		warnx("user %s has root's number or group: name another one "
		    "with -u", name);
		return false;
	}
	settings->uid = entry->pw_uid;
	settings->gid = entry->pw_gid;
	return true;
}

static int
vmauthzd_serve(const struct arguments *arguments)
{
	struct monitor_settings settings = {
		.worker = worker_run,
		.config = arguments->config,
	};
	struct listeners listeners;
	int status;

	if (geteuid() != 0) {
		warnx("only root can start it");
		return EX_NOPERM;
	}
	/* The worker reads it, after its working directory was changed. */
	if (arguments->config[0] != '/') {
		warnx("-f wants a path that begins with /");
		return EX_USAGE;
	}
	if (!vmauthzd_find_user(&settings, arguments->user))
		return EX_NOUSER;
	if (!listeners_open(&listeners, arguments->folder, 0))
		return EX_CANTCREAT;
	settings.mux = listeners.sockets[LISTENER_MUX].fd;
	settings.broker = listeners.sockets[LISTENER_BROKER].fd;
	status = monitor_run(&settings);
	listeners_close(&listeners);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments arguments;

	if (!vmauthzd_parse_arguments(&arguments, argc, argv)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (arguments.help) {
		fputs(usage, stdout);
		return EX_OK;
	}
	if (arguments.version) {
		puts("vmauthzd " PACKAGE_VERSION);
		return EX_OK;
	}
	if (arguments.check)
		return vmauthzd_check_config(arguments.config);
	return vmauthzd_serve(&arguments);
}
