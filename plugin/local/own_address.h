/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Whether an address is one of this host's, in this network namespace. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_OWN_ADDRESS_H
#define VMAUTHZ_PLUGIN_LOCAL_OWN_ADDRESS_H

#include <stdbool.h>

#include "plugin/local/tcp_socket.h"

/* True if the address is certainly none of this host's, that is, if the
 * kernel's routes lead to it over a network (NETLINK_ROUTE, four system
 * calls), or, where that can't be asked, if it can't be bound to.  Addresses
 * within a VRF are not known. */
bool address_is_foreign(const struct tcp_end *end);

#endif
