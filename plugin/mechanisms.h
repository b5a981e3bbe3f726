/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The stock mechanisms, offered a second time with a decision at their end:
 * the one place where every mechanism has proved its user, and none has sent
 * its success to the client. */

#ifndef VMAUTHZ_PLUGIN_MECHANISMS_H
#define VMAUTHZ_PLUGIN_MECHANISMS_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stddef.h>

struct plugin;

/* A stock mechanism; the glob_context of the one that decorates it. */
struct decorated {
	struct plugin *plugin;
	const sasl_server_plug_t *stock;
	void *library;		/* that the mechanism came from */
};

struct mechanisms {
	size_t count;
	sasl_server_plug_t *offered;
	struct decorated *decorated;	/* as many */
};

/* What a mechanism is decorated with. */
struct decoration {
	sasl_server_plug_init_t *own_entry;	/* of this plugin, which does
						 * not decorate itself */
	int (*mech_new)(void *glob_context, sasl_server_params_t *params,
	    const char *challenge, unsigned int challenge_length,
	    void **context);
	int (*mech_step)(void *context, sasl_server_params_t *params,
	    const char *client_in, unsigned int client_in_length,
	    const char **server_out, unsigned int *server_out_length,
	    sasl_out_params_t *out);
	void (*mech_dispose)(void *context, const sasl_utils_t *utils);
	int (*mech_avail)(void *glob_context, sasl_server_params_t *params,
	    void **context);	/* where the stock mechanism has one */
};

/* Loads every server mechanism from libsasl2's plugin directories (utils'
 * SASL_CB_GETPATH) and makes a decorated one of each: the same in all but the
 * decoration, and of a hash that counts as stronger, so that libsasl2 finds it
 * first.
 * Returns a SASL code; on failure *mechanisms is empty. */
int mechanisms_load(struct mechanisms *mechanisms, struct plugin *plugin,
    const sasl_utils_t *utils, const struct decoration *decoration);
void mechanisms_unload(struct mechanisms *mechanisms);

#endif
