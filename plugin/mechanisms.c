/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/mechanisms.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL if there is no entry point, or if it is this plugin's own: its file is
 * in the same directory.  memcpy(3), because C has no conversion from dlsym's
 * void pointer to one of a function; POSIX requires that it works. */
static sasl_server_plug_init_t *
mechanisms_find_entry(void *library, const struct decoration *decoration)
{
	sasl_server_plug_init_t *entry = NULL;
	void *symbol = dlsym(library, "sasl_server_plug_init");

	memcpy(&entry, &symbol, sizeof(entry));
	return entry != decoration->own_entry ? entry : NULL;
}

static void
mechanisms_decorate(sasl_server_plug_t *offered, struct decorated *decorated,
    const struct decoration *decoration)
{
	const sasl_server_plug_t *stock = decorated->stock;

	*offered = *stock;
	/* The bits from 16 on are the hash strength, by which libsasl2 sorts
	 * after all other properties, and for nothing else. */
	offered->security_flags += 1U << 16;
	offered->glob_context = decorated;
	offered->mech_new = decoration->mech_new;
	offered->mech_step = decoration->mech_step;
	offered->mech_dispose = decoration->mech_dispose;
	offered->mech_avail = stock->mech_avail != NULL ?
	    decoration->mech_avail : NULL;
	/* libsasl2 has loaded the stock mechanism, too, and calls these there:
	 * a second call could free or store twice. */
	offered->mech_free = NULL;
	offered->setpass = NULL;
	offered->user_query = NULL;
	offered->idle = NULL;
}

/* What the files are loaded into, and with what. */
struct mechanisms_loader {
	struct mechanisms *mechanisms;
	struct plugin *plugin;
	const sasl_utils_t *utils;
	const struct decoration *decoration;
};

static int
mechanisms_append(const struct mechanisms_loader *loader, void *library,
    const sasl_server_plug_t *stock, int count)
{
	struct mechanisms *mechanisms = loader->mechanisms;
	struct decorated *decorated;
	size_t total = mechanisms->count + (size_t)count;

	decorated = reallocarray(mechanisms->decorated, total,
	    sizeof(*decorated));
	if (decorated == NULL)
		return SASL_NOMEM;
	mechanisms->decorated = decorated;
	for (int i = 0; i < count; i++) {
		decorated[mechanisms->count++] = (struct decorated){
			.plugin = loader->plugin,
			.stock = &stock[i],
			.library = library,
		};
	}
	return SASL_OK;
}

/* A file that is no mechanism, or can't be loaded, is no error here: libsasl2
 * tries the same files, and logs it. */
static int
mechanisms_load_library(const struct mechanisms_loader *loader,
    const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	sasl_server_plug_init_t *entry;
	sasl_server_plug_t *stock = NULL;
	int version = 0, count = 0, rc = SASL_OK;

	if (library == NULL)
		return SASL_OK;
	entry = mechanisms_find_entry(library, loader->decoration);
	if (entry != NULL && entry(loader->utils, SASL_SERVER_PLUG_VERSION,
	    &version, &stock, &count) == SASL_OK &&
	    version == SASL_SERVER_PLUG_VERSION && count > 0) {
		rc = mechanisms_append(loader, library, stock, count);
		if (rc == SASL_OK)
			return SASL_OK;
	}
	dlclose(library);
	return rc;
}

static bool
mechanisms_is_shared_object(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, ".so") == 0;
}

static int
mechanisms_load_directory(const struct mechanisms_loader *loader,
    const char *directory)
{
	DIR *listing = opendir(directory);
	char path[PATH_MAX];
	struct dirent *entry;
	int rc = SASL_OK;

	if (listing == NULL)
		return SASL_OK;
	while (rc == SASL_OK && (entry = readdir(listing)) != NULL) {
		if (mechanisms_is_shared_object(entry->d_name) &&
		    snprintf(path, sizeof(path), "%s/%s", directory,
		    entry->d_name) < (int)sizeof(path))
			rc = mechanisms_load_library(loader, path);
	}
	closedir(listing);
	return rc;
}

static char *
mechanisms_plugin_path(const sasl_utils_t *utils)
{
	sasl_callback_ft callback = NULL;
	sasl_getpath_t *getpath = NULL;
	const char *path = NULL;
	void *context = NULL;

	if (utils->getcallback(NULL, SASL_CB_GETPATH, &callback, &context) !=
	    SASL_OK || callback == NULL)
		return NULL;
	memcpy(&getpath, &callback, sizeof(getpath));
	if (getpath(context, &path) != SASL_OK || path == NULL)
		return NULL;
	return strdup(path);
}

int
mechanisms_load(struct mechanisms *mechanisms, struct plugin *plugin,
    const sasl_utils_t *utils, const struct decoration *decoration)
{
	const struct mechanisms_loader loader = {
		mechanisms, plugin, utils, decoration,
	};
	char *path = mechanisms_plugin_path(utils), *rest = path, *directory;
	int rc = path != NULL ? SASL_OK : SASL_FAIL;

	while (rc == SASL_OK && (directory = strsep(&rest, ":")) != NULL)
		rc = mechanisms_load_directory(&loader, directory);
	free(path);
	if (rc == SASL_OK && mechanisms->count > 0) {
		mechanisms->offered = calloc(mechanisms->count,
		    sizeof(*mechanisms->offered));
		if (mechanisms->offered == NULL)
			rc = SASL_NOMEM;
	}
	if (rc != SASL_OK) {
		mechanisms_unload(mechanisms);
		return rc;
	}
	for (size_t i = 0; i < mechanisms->count; i++)
		mechanisms_decorate(&mechanisms->offered[i],
		    &mechanisms->decorated[i], decoration);
	return SASL_OK;
}

void
mechanisms_unload(struct mechanisms *mechanisms)
{
	struct decorated *decorated = mechanisms->decorated;

	/* Those of one library stand together, and it is open once. */
	for (size_t i = 0; i < mechanisms->count; i++) {
		if (i == 0 || decorated[i].library != decorated[i - 1].library)
			dlclose(decorated[i].library);
	}
	free(mechanisms->offered);
	free(decorated);
	memset(mechanisms, 0, sizeof(*mechanisms));
}
