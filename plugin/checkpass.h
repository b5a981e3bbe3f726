/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The check of a password for PLAIN and LOGIN, where the authority makes it
 * instead of libsasl2's pwcheck_method. */

#ifndef VMAUTHZ_PLUGIN_CHECKPASS_H
#define VMAUTHZ_PLUGIN_CHECKPASS_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

struct attempt;

/* The parameters for a step of the attempt's mechanism: params, or, where the
 * authority checks passwords, a copy in the attempt with another checkpass
 * function.  Every mechanism gets it, whether or not its flags say that it
 * uses passwords. */
sasl_server_params_t *checkpass_params(struct attempt *attempt,
    sasl_server_params_t *params);

#endif
