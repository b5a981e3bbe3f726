/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/plugin.h"

#include <stdlib.h>

#include "plugin/authority_broker.h"
#include "plugin/authority_policy.h"

/* libsasl2 calls the three entry points of the object without a context that
 * they could share, so it is the process's. */
static struct {
	pthread_mutex_t mutex;
	struct plugin *plugin;
} process = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static int
plugin_open_authority(struct plugin *plugin)
{
	const struct options *options = &plugin->options;

	return options->broker[0] != '\0' ?
	    authority_broker_new(&plugin->authority, options->broker,
	    options->broker_timeout) :
	    authority_policy_new(&plugin->authority, options->policy);
}

static struct plugin *
plugin_create(const sasl_utils_t *utils)
{
	struct plugin *plugin;

	if (!options_name_us(utils))
		return NULL;
	plugin = calloc(1, sizeof(*plugin));
	if (plugin == NULL)
		return NULL;
	options_read(&plugin->options, utils);
	if (plugin_open_authority(plugin) != ERROR_NONE ||
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
		process.plugin = plugin_create(utils);
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
