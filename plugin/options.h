/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The plugin's options in the SASL configuration (qemu.conf). */

#ifndef VMAUTHZ_PLUGIN_OPTIONS_H
#define VMAUTHZ_PLUGIN_OPTIONS_H

#include <limits.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>

#include "plugin/tls_peer.h"
#include "decide/identity.h"

/* The plugin, as qemu.conf and libsasl2 name it. */
#define PLUGIN_NAME "vmauthz"

enum {
	OPTIONS_ERROR_MAX = 256,
	OPTIONS_BROKER_MAX = 108,	/* octets of sun_path, see unix(7) */
};

struct options {
	char broker[OPTIONS_BROKER_MAX];	/* vmauthz_broker; "": none */
	int broker_timeout;	/* vmauthz_broker_timeout, milliseconds */
	char policy[PATH_MAX];	/* vmauthz_policy; "" if there is a broker */
	char default_realm[IDENTITY_MAX + 1];	/* vmauthz_default_realm */
	enum tls_peer_mode client_cert;		/* vmauthz_client_cert */
	char crl[PATH_MAX];			/* vmauthz_crl; "": none */
	bool require_tls;			/* vmauthz_require_tls */
	bool observe;		/* vmauthz_mode: a user who has proved their
				 * name gets in, and a refusal is only logged */
	bool local_passwords;	/* pwcheck_method uses a source that looks at
				 * the name without its realm; a broker is
				 * used instead of it */
	char error[OPTIONS_ERROR_MAX];	/* ""; or one sentence about a value,
					 * with which every login is refused */
};

/* Whether the configuration names this plugin, as auxprop_plugin or as
 * canon_user_plugin.  If not, the application is not to be changed. */
bool options_name_us(const sasl_utils_t *utils);

/* Reads all options.  options_r->error describes the first value that can't be
 * used. */
void options_read(struct options *options_r, const sasl_utils_t *utils);

#endif
