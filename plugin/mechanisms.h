/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The stock mechanisms, offered once more with a decision at their end. */

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
	size_t library_count;
	void **libraries;
};

/* Loads every server mechanism from libsasl2's plugin directories (utils'
 * SASL_CB_GETPATH) and makes of each one that is offered in its stead: the
 * same in all but its steps (plugin/login.h), and a shade stronger, so that
 * libsasl2 lists it first.  Returns a SASL code; nothing is left on failure. */
int mechanisms_load(struct mechanisms *mechanisms, struct plugin *plugin,
    const sasl_utils_t *utils);
void mechanisms_unload(struct mechanisms *mechanisms);

#endif
