/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The canon_user plugin: it makes name@realm, and refuses logins by mechanisms
 * that have no decision at their end. */

#ifndef VMAUTHZ_PLUGIN_CANON_USER_H
#define VMAUTHZ_PLUGIN_CANON_USER_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

/* Writes the canonical form of a name to out, for the attempt whose step runs
 * on this thread.  Returns SASL_NOAUTHZ if the mechanism is not decorated,
 * SASL_BADPROT for a malformed name, SASL_BUFOVER if it doesn't fit.  The
 * policy is not read: the client has proved nothing yet. */
int canon_user_server(void *glob_context, sasl_server_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length);

/* Copies the name: the plugin decides nothing about clients. */
int canon_user_client(void *glob_context, sasl_client_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length);

#endif
