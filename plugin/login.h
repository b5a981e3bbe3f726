/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The functions of a decorated mechanism, as saslplug.h describes them: the
 * stock mechanism's own, with the verdict (plugin/verdict.h) at their end. */

#ifndef VMAUTHZ_PLUGIN_LOGIN_H
#define VMAUTHZ_PLUGIN_LOGIN_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

int login_avail(void *glob_context, sasl_server_params_t *params,
    void **context);
int login_new(void *glob_context, sasl_server_params_t *params,
    const char *challenge, unsigned int challenge_length, void **context);
int login_step(void *context, sasl_server_params_t *params,
    const char *client_in, unsigned int client_in_length,
    const char **server_out, unsigned int *server_out_length,
    sasl_out_params_t *out);
void login_dispose(void *context, const sasl_utils_t *utils);

#endif
