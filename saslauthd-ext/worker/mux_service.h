/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The socket "mux": saslauthd's protocol, for a libsasl2 without vmauthz's
 * plugin.  OK means that the password is right and that the policy lets this
 * user open the VM of the process that connected. */

#ifndef VMAUTHZD_WORKER_MUX_SERVICE_H
#define VMAUTHZD_WORKER_MUX_SERVICE_H

#include "saslauthd-ext/worker/service.h"

extern const struct service_kind mux_service;

#endif
