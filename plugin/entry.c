/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/entry.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "plugin/auxprop.h"
#include "plugin/canon_user.h"
#include "plugin/login.h"
#include "plugin/plugin.h"
#include "plugin/tls_peer.h"

/* spice-server's handshakes are the only ones that we may touch: a process
 * without it keeps its TLS to itself. */
static bool
process_serves_spice(void)
{
	static const char library[] = "libspice-server.so.1";
	void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);

	if (handle == NULL)
		return false;
	dlclose(handle);
	return true;
}

static void
free_reference(void *glob_context, const sasl_utils_t *utils)
{
	(void)utils;
	plugin_release(glob_context);
}

/* libsasl2 frees mechanisms one by one; the last one to go is ours to tell. */
static void
free_mechanisms(void *glob_context, const sasl_utils_t *utils)
{
	const struct decorated *decorated = glob_context;

	(void)utils;
	plugin_release(decorated->plugin);
}

static int
offer_mechanisms(struct plugin *plugin, const sasl_utils_t *utils,
    sasl_server_plug_t **pluglist, int *plugcount)
{
	static const struct decoration decoration = {
		.own_entry = sasl_server_plug_init,
		.mech_new = login_new,
		.mech_step = login_step,
		.mech_dispose = login_dispose,
		.mech_avail = login_avail,
	};
	struct mechanisms *mechanisms = &plugin->mechanisms;

	if (process_serves_spice() && plugin->options.error[0] == '\0' &&
	    plugin->options.client_cert != TLS_PEER_OFF)
		tls_peer_watch(plugin->options.client_cert);
	if (mechanisms->count == 0 &&
	    mechanisms_load(mechanisms, plugin, utils, &decoration) != SASL_OK)
		return SASL_FAIL;
	if (mechanisms->count == 0)
		return SASL_FAIL;
	mechanisms->offered[0].mech_free = free_mechanisms;
	*pluglist = mechanisms->offered;
	*plugcount = (int)mechanisms->count;
	return SASL_OK;
}

int
sasl_server_plug_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_server_plug_t **pluglist, int *plugcount)
{
	struct plugin *plugin;

	if (max_version < SASL_SERVER_PLUG_VERSION)
		return SASL_BADVERS;
	*out_version = SASL_SERVER_PLUG_VERSION;
	*pluglist = NULL;
	*plugcount = 0;
	plugin = plugin_acquire(utils);
	if (plugin == NULL)
		return SASL_OK;
	if (offer_mechanisms(plugin, utils, pluglist, plugcount) != SASL_OK) {
		plugin_release(plugin);
		return SASL_FAIL;
	}
	return SASL_OK;
}

int
sasl_auxprop_plug_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_auxprop_plug_t **plug, const char *plugname)
{
	static char name[] = PLUGIN_NAME;
	static sasl_auxprop_plug_t auxprop = {
		.name = name,
		.auxprop_lookup = auxprop_lookup,
		.auxprop_store = auxprop_store,
		.auxprop_free = free_reference,
	};

	(void)plugname;
	if (max_version < SASL_AUXPROP_PLUG_VERSION)
		return SASL_BADVERS;
	auxprop.glob_context = plugin_acquire(utils);
	*out_version = SASL_AUXPROP_PLUG_VERSION;
	*plug = &auxprop;
	return SASL_OK;
}

int
sasl_canonuser_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_canonuser_plug_t **plug, const char *plugname)
{
	static char name[] = PLUGIN_NAME;
	static sasl_canonuser_plug_t canon_user = {
		.name = name,
		.canon_user_server = canon_user_server,
		.canon_user_client = canon_user_client,
		.canon_user_free = free_reference,
	};

	(void)plugname;
	if (max_version < SASL_CANONUSER_PLUG_VERSION)
		return SASL_BADVERS;
	canon_user.glob_context = plugin_acquire(utils);
	*out_version = SASL_CANONUSER_PLUG_VERSION;
	*plug = &canon_user;
	return SASL_OK;
}
