/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/config/config.h"

#include <stdlib.h>
#include <string.h>

void
config_free(struct config **config)
{
	free(*config);
	*config = NULL;
}

const struct config_realm *
config_realm(const struct config *config, const char *realm)
{
	for (size_t i = 0; i < config->realm_count; i++) {
		if (strcmp(config->realms[i].name, realm) == 0)
			return &config->realms[i];
	}
	return NULL;
}

bool
config_is_user(const struct config *config, uid_t uid, gid_t gid)
{
	for (size_t i = 0; i < config->user_count; i++) {
		if (config->users[i] == uid)
			return true;
	}
	for (size_t i = 0; i < config->group_count; i++) {
		if (config->groups[i] == gid)
			return true;
	}
	return false;
}

bool
config_is_operator(const struct config *config, uid_t uid)
{
	for (size_t i = 0; i < config->operator_count; i++) {
		if (config->operators[i] == uid)
			return true;
	}
	return false;
}
