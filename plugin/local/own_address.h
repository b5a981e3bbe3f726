/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether an address is one of this host's, in this network namespace. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_OWN_ADDRESS_H
#define VMAUTHZ_PLUGIN_LOCAL_OWN_ADDRESS_H

#include <stdbool.h>

#include "plugin/local/tcp_socket.h"

/* Returns true if the address is certainly none of this host's: if the
 * kernel's routes lead to it over a network (NETLINK_ROUTE, four system
 * calls), or, where routes can't be read, if bind(2) refuses it.  Addresses
 * within a VRF are not known. */
bool address_is_foreign(const struct tcp_end *end);

#endif
