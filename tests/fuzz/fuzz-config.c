/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthzd.conf, from a file in memory. */

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "saslauthd-ext/config/config_file.h"
#include "tests/fuzz/fuzz.h"

static void
check_realms(const struct config *config)
{
	size_t bare = 0;

	HOLDS(config->realm_count >= 1 &&
	    config->realm_count <= CONFIG_REALMS_MAX);
	for (size_t i = 0; i < config->realm_count; i++) {
		const struct config_realm *realm = &config->realms[i];

		HOLDS(identity_realm_valid(realm->name, strlen(realm->name)));
		HOLDS(strpbrk(realm->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
		    NULL);
		HOLDS(config_realm(config, realm->name) == realm);
		HOLDS(realm->source == CONFIG_SOURCE_PAM || !realm->full_name);
		bare += realm->source == CONFIG_SOURCE_PAM && !realm->full_name;
	}
	HOLDS(bare <= 1);
}

static void
check(const struct config *config)
{
	HOLDS(config->policy[0] == '/' && config->state[0] == '/');
	HOLDS(strchr(config->pam_service, '/') == NULL);
	HOLDS(config->pam_service[0] != '\0' && config->pam_service[0] != '.');
	HOLDS(config->user_count >= 1 && config->user_count <= CONFIG_IDS_MAX);
	HOLDS(config->group_count <= CONFIG_IDS_MAX);
	HOLDS(config->operator_count <= CONFIG_IDS_MAX);
	for (size_t i = 0; i < config->user_count; i++)
		HOLDS(config->users[i] != (uid_t)-1);
	HOLDS(config->identify_libvirt || config->identify_cgroup ||
	    config->identify_command_line);
	HOLDS(config->session_window <= 600);
	HOLDS(config->pam_helpers >= 1 && config->pam_helpers <= 64);
	HOLDS(config->pam_timeout >= 1 && config->pam_timeout <= 120);
	check_realms(config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], error[CONFIG_ERROR_MAX];
	struct config *config;
	int fd = memfd_create("conf", MFD_CLOEXEC), rc;

	HOLDS(fd >= 0 && fchmod(fd, 0600) == 0);
	HOLDS(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = config_file_load(&config, path, error);
	HOLDS(memchr(error, '\0', sizeof(error)) != NULL);
	HOLDS((rc == ERROR_NONE) == (config != NULL));
	if (rc == ERROR_NONE) {
		HOLDS(error[0] == '\0');
		HOLDS(size == 0 || memchr(data, 0, size) == NULL);
		check(config);
	} else {
		HOLDS(strncmp(error, path, strlen(path)) == 0);
	}
	config_free(&config);
	close(fd);
	return 0;
}
