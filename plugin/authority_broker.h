/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The authority that is vmauthzd (vmauthz_broker). */

#ifndef VMAUTHZ_PLUGIN_AUTHORITY_BROKER_H
#define VMAUTHZ_PLUGIN_AUTHORITY_BROKER_H

#include "plugin/authority.h"

/* The daemon at the socket path.  A password check waits for at most
 * timeout_ms, every other call for at most a quarter of a second.  Returns 0,
 * ERROR_VALUE (path) or ERROR_MEMORY. */
int authority_broker_new(struct authority **authority_r, const char *path,
    int timeout_ms);

#endif
