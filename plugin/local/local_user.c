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
	PASSWD_LINE_MAX = 4096,
	OVERFLOW_UID = 65534,		/* user_namespaces(7): not ours to see */
};

/* An orphan has no inode, and uid 0 whoever made it. */
static bool
is_alive(const struct tcp_sight *sight)
{
	return sight->count == 1 && sight->socket.inode != 0 &&
	    sight->socket.state == TCP_ESTABLISHED;
}

/* Our own end has to be there, too: else this is another namespace's table,
 * or the connection has ended and the client's port is free for others. */
static enum request_local
judge(const struct tcp_view *view, const struct tcp_end *client)
{
	uid_t uid = view->client.socket.uid;

	if (!is_alive(&view->server))
		return REQUEST_LOCAL_UNKNOWN;
	if (view->client.count == 0)
		return address_is_foreign(client) ? REQUEST_LOCAL_REMOTE :
		    REQUEST_LOCAL_UNKNOWN;
	if (!is_alive(&view->client) || uid == OVERFLOW_UID ||
	    uid == (uid_t)-1)
		return REQUEST_LOCAL_UNKNOWN;
	return REQUEST_LOCAL_ACCOUNT;
}

/* "+" and "-" begin what is for NIS, where no uid means 0. */
static bool
is_name(const char *name)
{
	return strchr("+-", name[0]) == NULL &&
	    name[strspn(name, "0123456789")] != '\0' &&
	    strlen(name) < LOCAL_USER_MAX;
}

bool
local_user_name(struct local_user *user_r, uid_t uid, const char *passwd)
{
	char line[PASSWD_LINE_MAX];
	struct passwd entry, *found = NULL;
	FILE *file = fopen(passwd, "re");
	int error;

	if (file == NULL)
		return false;
	do
		error = fgetpwent_r(file, &entry, line, sizeof(line), &found);
	while (error == 0 && (entry.pw_uid != uid || !is_name(entry.pw_name)));
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

static bool
look(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	return (tcp_view_ask(view_r, server, client) &&
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
	    !look(&view, &server, &client))
		return REQUEST_LOCAL_UNKNOWN;
	found = judge(&view, &client);
	if (found == REQUEST_LOCAL_ACCOUNT && !local_user_name(user_r,
	    view.client.socket.uid, "/etc/passwd"))
		return REQUEST_LOCAL_UNKNOWN;
	return found;
}
