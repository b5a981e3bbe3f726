/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which account of this host owns the client's end of a TCP connection that
 * comes from this host itself, as the end of an SSH tunnel does: it is a
 * socket of sshd's process that runs as the account that logged in. */

#ifndef VMAUTHZ_PLUGIN_LOCAL_LOCAL_USER_H
#define VMAUTHZ_PLUGIN_LOCAL_LOCAL_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "decide/request.h"

enum {
	LOCAL_USER_MAX = 64,	/* octets of an account's name, with NUL */
	LOCAL_NUMBER_MAX = 24,	/* of its number */
};

struct local_user {
	char name[LOCAL_USER_MAX];	/* its number if it has none */
	char number[LOCAL_NUMBER_MAX];
};

/* Finds the owner of the socket at remote that is connected to local, both
 * written "address;port" as Cyrus SASL does.
 *
 * REQUEST_LOCAL_ACCOUNT, and the account in *user_r: both ends are in this
 * network namespace, each once, established and held by a process.  The
 * account is the one that made the client's socket; a user who passes their
 * socket to another process lends their name.
 * REQUEST_LOCAL_REMOTE: the server's end is there, the client's is not, and
 * its address is none of this host's.  A container that has its own address is
 * remote.
 * REQUEST_LOCAL_UNKNOWN in all other cases: for a client that has closed or
 * half closed its end, for one that is bound to a device, for the overflow uid
 * (an account of another user namespace, or nobody), and where the kernel or
 * /etc/passwd can't be read.  *user_r is cleared unless there is an account.
 *
 * Nothing waits.  System calls: 10 for an account that netlink finds, 9 for
 * a remote client; the name of an interface (fe80::1%eth0) takes 3 more.
 * Where netlink is refused, see tcp_view_scan(). */
enum request_local local_user_find(const char *local, const char *remote,
    struct local_user *user_r);

/* Writes the number, and the first name that the file passwd (passwd(5)) has
 * for it.  A name of digits alone is skipped, so that a number is always a
 * uid, and so is a name that is too long.  The file is read directly, without
 * NSS, which may make QEMU wait.  Returns false, with nothing written, if it
 * can't be read: with the number alone a deny by name would not apply. */
bool local_user_name(struct local_user *user_r, uid_t uid,
    const char *passwd);

#endif
