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

/* Only the handshakes of spice-server are to be changed, so a process that has
 * not loaded it is left alone. */
static bool
entry_process_serves_spice(void)
{
	static const char library[] = "libspice-server.so.1";
	void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);

	if (handle == NULL)
		return false;
	dlclose(handle);
	return true;
}

static void
entry_release_cb(void *glob_context, const sasl_utils_t *utils)
{
	(void)utils;
	plugin_release(glob_context);
}

/* libsasl2 calls mech_free for each mechanism; it is set for the first one
 * alone, which counts as the reference of all. */
static void
entry_free_mechanisms_cb(void *glob_context, const sasl_utils_t *utils)
{
	const struct decorated *decorated = glob_context;

	(void)utils;
	plugin_release(decorated->plugin);
}

static int
entry_offer_mechanisms(struct plugin *plugin, const sasl_utils_t *utils,
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

	/* Before the first handshake: libsasl2 calls this from
	 * sasl_server_init(), which spice-server calls at its start. */
	if (entry_process_serves_spice() && plugin->options.error[0] == '\0' &&
	    plugin->options.client_cert != TLS_PEER_OFF)
		tls_peer_watch(plugin->options.client_cert);
	if (mechanisms->count == 0 &&
	    (mechanisms_load(mechanisms, plugin, utils, &decoration) !=
	    SASL_OK || mechanisms->count == 0))
		return SASL_FAIL;
	mechanisms->offered[0].mech_free = entry_free_mechanisms_cb;
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
	/* No mechanism is not an error: libsasl2 would log one. */
	*pluglist = NULL;
	*plugcount = 0;
	plugin = plugin_acquire(utils);
	if (plugin == NULL)
		return SASL_OK;
	if (entry_offer_mechanisms(plugin, utils, pluglist,
	    plugcount) != SASL_OK) {
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
		.auxprop_free = entry_release_cb,
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
		.canon_user_free = entry_release_cb,
	};

	(void)plugname;
	if (max_version < SASL_CANONUSER_PLUG_VERSION)
		return SASL_BADVERS;
	canon_user.glob_context = plugin_acquire(utils);
	*out_version = SASL_CANONUSER_PLUG_VERSION;
	*plug = &canon_user;
	return SASL_OK;
}
