/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The password of PLAIN and LOGIN, where the authority checks it instead of
 * libsasl2's pwcheck_method. */

#ifndef VMAUTHZ_PLUGIN_CHECKPASS_H
#define VMAUTHZ_PLUGIN_CHECKPASS_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

struct attempt;

/* What to give to a step of the attempt's mechanism: params, or, where the
 * authority checks passwords, a copy of them with its own check in it.  Any
 * mechanism gets it, whatever it says of its use of passwords. */
sasl_server_params_t *checkpass_params(struct attempt *attempt,
    sasl_server_params_t *params);

#endif
