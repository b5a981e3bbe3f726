/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the three entry points and all connections of a process share. */

#ifndef VMAUTHZ_PLUGIN_PLUGIN_H
#define VMAUTHZ_PLUGIN_PLUGIN_H

#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "log/decision_writer.h"
#include "plugin/authority.h"
#include "plugin/mechanisms.h"
#include "plugin/options.h"
#include "cert/revocation.h"
#include "vm/command_line.h"

/* The application name in sasl_server_init() of the VNC and SPICE servers. */
#define PLUGIN_APPNAME "qemu"

struct plugin {
	struct options options;
	struct command_line vm;
	struct mechanisms mechanisms;
	struct authority *authority;
	pthread_mutex_t mutex;	/* for the log, for hosts with threads */
	struct log_sink log;
	struct revocation *revocation;	/* NULL: no CRL is configured */
	unsigned int references;
};

/* The one plugin of this process, made by the first call; NULL if the
 * configuration doesn't name it or memory ran out.  Each call that returns it
 * has to be matched by a plugin_release(), which accepts NULL; the last one
 * frees it. */
struct plugin *plugin_acquire(const sasl_utils_t *utils);
void plugin_release(struct plugin *plugin);

#endif
