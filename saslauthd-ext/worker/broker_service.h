/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The socket "broker" with the protocol vmauthz-broker(7), for QEMU's plugin
 * and for operators, who issue tickets. */

#ifndef VMAUTHZD_WORKER_BROKER_SERVICE_H
#define VMAUTHZD_WORKER_BROKER_SERVICE_H

#include "saslauthd-ext/worker/service.h"

extern const struct service_kind broker_service;

#endif
