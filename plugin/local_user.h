/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which account of this host owns the client's end of a TCP connection that
 * comes from this host itself, as the end of an SSH tunnel does.  The kernel
 * is asked for that one socket (NETLINK_SOCK_DIAG, see sock_diag(7)) and, if
 * it has none, whether the client's address is one of its own
 * (NETLINK_ROUTE); it answers at once, nothing ever waits. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_USER_H
#define VMAUTHZ_PLUGIN_LOCAL_USER_H

#include "policy/request.h"

enum {
	LOCAL_USER_MAX = 64,	/* octets of an account's name, with NUL */
	LOCAL_NUMBER_MAX = 24,	/* of its number */
};

struct local_user {
	char name[LOCAL_USER_MAX];	/* its number if it has none */
	char number[LOCAL_NUMBER_MAX];
};

/* Finds the owner of the socket at remote that is connected to local, both
 * written "address;port" as Cyrus SASL does.  LOCAL_ACCOUNT, and the account
 * in *user_r, its name from /etc/passwd alone, for other sources may wait.
 * LOCAL_REMOTE: the address is none of this host's.  LOCAL_UNKNOWN, and
 * *user_r cleared, for everything else: a socket that is being
 * closed or has no owner, one of another user namespace, a kernel that does
 * not answer. */
enum policy_local local_user_find(const char *local, const char *remote,
    struct local_user *user_r);

#endif
