/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The auxprop plugin: SCRAM verifiers out of the policy, never clear text,
 * and saslpasswd2(8) into it. */

#ifndef VMAUTHZ_PLUGIN_AUXPROP_H
#define VMAUTHZ_PLUGIN_AUXPROP_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

/* Answers a decorated SCRAM mechanism's request for *authPassword with the
 * user's verifier for that mechanism, or a decoy; everything else, the
 * authorization id's look-up among it, with nothing.  SASL_NOMECH where the
 * configuration doesn't name us, SASL_UNAVAIL if the policy can't be asked. */
int auxprop_lookup(void *glob_context, sasl_server_params_t *params,
    unsigned int flags, const char *user, unsigned int length);

/* Sets the user's password (userPassword) as SCRAM verifiers in the policy,
 * or deletes them (no value).  With no context, tells whether storing is
 * possible.  SASL_NOUSER for a user whom the policy doesn't have. */
int auxprop_store(void *glob_context, sasl_server_params_t *params,
    struct propctx *context, const char *user, unsigned int length);

#endif
