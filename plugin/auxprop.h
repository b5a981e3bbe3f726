/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The auxprop plugin: it returns SCRAM verifiers of the policy, never clear
 * text, and stores passwords of saslpasswd2(8) in the policy. */

#ifndef VMAUTHZ_PLUGIN_AUXPROP_H
#define VMAUTHZ_PLUGIN_AUXPROP_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

/* Answers a decorated SCRAM mechanism's request for *authPassword with the
 * user's verifier for that mechanism, or a decoy; every other request, that
 * for the authorization id included, with nothing.  Returns SASL_NOMECH where
 * the configuration doesn't name the plugin or no decorated mechanism is in a
 * step, SASL_UNAVAIL if neither the policy nor vmauthzd can be queried. */
int auxprop_lookup(void *glob_context, sasl_server_params_t *params,
    unsigned int flags, const char *user, unsigned int length);

/* Stores the user's password (userPassword) as SCRAM verifiers in the policy,
 * or deletes them (no value).  With no context, returns SASL_OK if storing is
 * possible.  SASL_NOUSER: the policy has no such user.
 * SASL_CONSTRAINT_VIOLAT: not for this plugin. */
int auxprop_store(void *glob_context, sasl_server_params_t *params,
    struct propctx *context, const char *user, unsigned int length);

#endif
