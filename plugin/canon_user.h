/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The canon_user plugin: name@realm, and a second line of defence. */

#ifndef VMAUTHZ_PLUGIN_CANON_USER_H
#define VMAUTHZ_PLUGIN_CANON_USER_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

/* Brings a name into its canonical form within the login that is under way
 * on this thread.  A server whose mechanism we have not decorated gets
 * SASL_NOAUTHZ, a malformed name SASL_BADPROT, both without a look at the
 * policy: the client has proved nothing yet. */
int canon_user_server(void *glob_context, sasl_server_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length);

/* Copies the name: a client is none of our business. */
int canon_user_client(void *glob_context, sasl_client_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length);

#endif
