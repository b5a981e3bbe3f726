/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/plugin.h"

#include <stdlib.h>
#include <string.h>

/* libsasl2 has no place where three entry points of one object could share
 * anything, so the process has. */
static struct {
	pthread_mutex_t mutex;
	struct plugin *plugin;
} process = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct plugin *
create(const sasl_utils_t *utils)
{
	struct plugin *plugin;

	if (!options_name_us(utils))
		return NULL;
	plugin = calloc(1, sizeof(*plugin));
	if (plugin == NULL)
		return NULL;
	options_read(&plugin->options, utils);
	if (authority_new(&plugin->authority, &plugin->options) != ERROR_NONE ||
	    (plugin->options.crl[0] != '\0' &&
	    revocation_new(&plugin->revocation, plugin->options.crl) !=
	    ERROR_NONE)) {
		authority_free(&plugin->authority);
		free(plugin);
		return NULL;
	}
	command_line_read_own(&plugin->vm);
	pthread_mutex_init(&plugin->mutex, NULL);
	log_open(&plugin->log);
	return plugin;
}

struct plugin *
plugin_acquire(const sasl_utils_t *utils)
{
	struct plugin *plugin;

	pthread_mutex_lock(&process.mutex);
	if (process.plugin == NULL)
		process.plugin = create(utils);
	plugin = process.plugin;
	if (plugin != NULL)
		plugin->references++;
	pthread_mutex_unlock(&process.mutex);
	return plugin;
}

void
plugin_release(struct plugin *plugin)
{
	if (plugin == NULL)
		return;
	pthread_mutex_lock(&process.mutex);
	if (--plugin->references == 0) {
		process.plugin = NULL;
		mechanisms_unload(&plugin->mechanisms);
		authority_free(&plugin->authority);
		revocation_free(&plugin->revocation);
		log_close(&plugin->log);
		pthread_mutex_destroy(&plugin->mutex);
		free(plugin);
	}
	pthread_mutex_unlock(&process.mutex);
}

/* The port at the end of "address;port". */
static uint16_t
port_of(const char *address)
{
	const char *text = address != NULL ? strrchr(address, ';') : NULL;
	unsigned long port;
	char *end;

	if (text == NULL || text[1] < '0' || text[1] > '9')
		return 0;
	port = strtoul(text + 1, &end, 10);
	return *end == '\0' && port <= UINT16_MAX ? (uint16_t)port : 0;
}

struct request_vm
plugin_vm(const struct plugin *plugin, const sasl_server_params_t *params)
{
	return (struct request_vm){
		.name = plugin->vm.name[0] != '\0' ? plugin->vm.name : NULL,
		.uuid = plugin->vm.uuid[0] != '\0' ? plugin->vm.uuid : NULL,
		.port = port_of(params->iplocalport),
	};
}

/* The address in front of "address;port". */
bool
plugin_client(const sasl_server_params_t *params,
    char address_r[PLUGIN_ADDRESS_MAX])
{
	const char *text = params->ipremoteport;
	const char *end = text != NULL ? strrchr(text, ';') : NULL;

	address_r[0] = '\0';
	if (end == NULL || end - text >= PLUGIN_ADDRESS_MAX)
		return false;
	memcpy(address_r, text, (size_t)(end - text));
	address_r[end - text] = '\0';
	return true;
}
