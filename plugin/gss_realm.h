/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The stock GSSAPI mechanism drops the realm of a principal of this host's
 * default Kerberos realm.  A realm is part of an identity, so it is added
 * again.  vmauthz_default_realm is not for principals. */

#ifndef VMAUTHZ_PLUGIN_GSS_REALM_H
#define VMAUTHZ_PLUGIN_GSS_REALM_H

#include <stdbool.h>

#include "decide/identity.h"

/* Whether the mechanism's users are Kerberos principals. */
bool gss_realm_wanted(const char *mechanism);

/* Asks the GSSAPI library that the mechanism's shared object (a handle of
 * dlopen(3)) is linked with for the default realm.  Needs no network; reads
 * the Kerberos configuration.  Returns false, and "", if it is unknown or is
 * no realm that an identity can have. */
bool gss_realm_default(void *library, char realm_r[IDENTITY_MAX + 1]);

#endif
