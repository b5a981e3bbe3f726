/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/local_user.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "plugin/local/own_address.h"
#include "plugin/local/tcp_view.h"

enum {
	LOCAL_USER_LINE_MAX = 4096,
	LOCAL_USER_OVERFLOW_UID = 65534,	/* for every uid that isn't
						 * mapped, user_namespaces(7) */
};

/* A socket that no process holds any more has no inode, and the kernel reports
 * uid 0 for it: it must not pass for root's. */
static bool
local_user_is_alive(const struct tcp_sight *sight)
{
	return sight->count == 1 && sight->socket.inode != 0 &&
	    sight->socket.state == TCP_ESTABLISHED;
}

/* The server's own end has to be there, too.  If it is not, this is another
 * namespace's table, or the connection has ended, and the client's port may
 * belong to another account by now. */
static enum request_local
local_user_classify(const struct tcp_view *view, const struct tcp_end *client)
{
	uid_t uid = view->client.socket.uid;

	if (!local_user_is_alive(&view->server))
		return REQUEST_LOCAL_UNKNOWN;
	if (view->client.count == 0)
		return address_is_foreign(client) ? REQUEST_LOCAL_REMOTE :
		    REQUEST_LOCAL_UNKNOWN;
	if (!local_user_is_alive(&view->client) ||
	    uid == LOCAL_USER_OVERFLOW_UID || uid == (uid_t)-1)
		return REQUEST_LOCAL_UNKNOWN;
	return REQUEST_LOCAL_ACCOUNT;
}

/* Lines that begin with "+" or "-" are for NIS, where an empty uid is read as
 * 0. */
static bool
local_user_is_name(const char *name)
{
	return strchr("+-", name[0]) == NULL &&
	    name[strspn(name, "0123456789")] != '\0' &&
	    strlen(name) < LOCAL_USER_MAX;
}

bool
local_user_name(struct local_user *user_r, uid_t uid, const char *passwd)
{
	char line[LOCAL_USER_LINE_MAX];
	struct passwd entry, *found = NULL;
	FILE *file = fopen(passwd, "re");
	int error;

	if (file == NULL)
		return false;
	do
		error = fgetpwent_r(file, &entry, line, sizeof(line), &found);
	while (error == 0 && (entry.pw_uid != uid ||
	    !local_user_is_name(entry.pw_name)));
	if (ferror(file))
		error = EIO;
	fclose(file);
	if (error != 0 && error != ENOENT)
		return false;
	snprintf(user_r->number, sizeof(user_r->number), "%lu",
	    (unsigned long)uid);
	strcpy(user_r->name, error == 0 ? entry.pw_name : user_r->number);
	return true;
}

/* A kernel without inet_diag answers that there is no such socket, and a
 * sandbox may refuse netlink; /proc/net has the sockets in both cases. */
static bool
local_user_view(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	return (tcp_view_query(view_r, server, client) &&
	    view_r->server.count > 0) ||
	    tcp_view_scan(view_r, server, client);
}

enum request_local
local_user_find(const char *local, const char *remote,
    struct local_user *user_r)
{
	struct tcp_end server, client;
	struct tcp_view view;
	enum request_local found;

	memset(user_r, 0, sizeof(*user_r));
	if (!tcp_end_parse(&server, local) ||
	    !tcp_end_parse(&client, remote) ||
	    tcp_end_is_ipv4(&server) != tcp_end_is_ipv4(&client) ||
	    !local_user_view(&view, &server, &client))
		return REQUEST_LOCAL_UNKNOWN;
	found = local_user_classify(&view, &client);
	if (found == REQUEST_LOCAL_ACCOUNT && !local_user_name(user_r,
	    view.client.socket.uid, "/etc/passwd"))
		return REQUEST_LOCAL_UNKNOWN;
	return found;
}
