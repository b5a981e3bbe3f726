/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The verdict on a login, and the reason of a refusal: one table says which
 * reason precedes which other.  libvmauthz(8) has the same table. */

#ifndef VMAUTHZ_PLUGIN_VERDICT_H
#define VMAUTHZ_PLUGIN_VERDICT_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdbool.h>

struct attempt;
struct plugin;

/* The reason for which a login is refused before its first step; NULL: it is
 * not refused.  The text is static, or belongs to plugin. */
const char *verdict_before(const struct plugin *plugin,
    const sasl_server_params_t *params);

/* Reaches the verdict on an attempt whose mechanism has ended with rc:
 * collects the facts, queries the authority and reports the verdict.  Returns
 * false if the client is refused; it gets in if rc is SASL_OK, too. */
bool verdict_reach(struct attempt *attempt, const sasl_server_params_t *params,
    const sasl_out_params_t *out, int rc);

#endif
