/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether a login gets in, and what it is refused for: one table says which
 * refusal speaks first.  libvmauthz(8) has the same table. */

#ifndef VMAUTHZ_PLUGIN_VERDICT_H
#define VMAUTHZ_PLUGIN_VERDICT_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>

struct attempt;
struct plugin;

/* What a login is refused for before its first step; NULL: nothing. */
const char *verdict_before(const struct plugin *plugin,
    const sasl_server_params_t *params);

/* The mechanism has ended with rc: finds out what is known of the login, asks
 * the authority, reports the verdict.  Returns whether the client gets in, if
 * the mechanism says so, too. */
bool verdict_reach(struct attempt *attempt, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc);

#endif
