/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/config/config.h"

#include <stdint.h>
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
config_is_service(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t length = strlen(text);

	return length > 0 && length <= CONFIG_SERVICE_MAX && text[0] != '.' &&
	    strspn(text, plain) == length;
}

/* uid_t and gid_t are both uint32_t on Linux, so one function serves both. */
static bool
config_has_id(const uint32_t *ids, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

bool
config_is_user(const struct config *config, uid_t uid, gid_t gid)
{
	return config_has_id(config->users, config->user_count, uid) ||
	    config_has_id(config->groups, config->group_count, gid);
}

bool
config_is_operator(const struct config *config, uid_t uid)
{
	return config_has_id(config->operators, config->operator_count, uid);
}
