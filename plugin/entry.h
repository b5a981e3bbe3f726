/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The three entry points that libsasl2 looks for in a plugin; the object
 * exports nothing else.  Each returns success and does nothing where the
 * configuration doesn't name the plugin: every SASL program on the host loads
 * it. */

#ifndef VMAUTHZ_PLUGIN_ENTRY_H
#define VMAUTHZ_PLUGIN_ENTRY_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#define ENTRY_POINT __attribute__((visibility("default")))

ENTRY_POINT int sasl_server_plug_init(const sasl_utils_t *utils,
    int max_version, int *out_version, sasl_server_plug_t **pluglist,
    int *plugcount);
ENTRY_POINT int sasl_auxprop_plug_init(const sasl_utils_t *utils,
    int max_version, int *out_version, sasl_auxprop_plug_t **plug,
    const char *plugname);
ENTRY_POINT int sasl_canonuser_init(const sasl_utils_t *utils,
    int max_version, int *out_version, sasl_canonuser_plug_t **plug,
    const char *plugname);

#endif
