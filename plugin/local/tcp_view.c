/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local/tcp_view.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "plugin/local/netlink.h"

enum {
	IPV4_AT = TCP_IP_LENGTH - sizeof(struct in_addr),
	LINE_MAX_LENGTH = 512,		/* of tcp6: 190 */
	PROC_READ = 4096,		/* what the kernel gives at once */
};

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

_Static_assert(sizeof(struct question) % NLMSG_ALIGNTO == 0,
    "questions can follow each other");

/* A file that is read while sockets come and go may have one twice. */
static void
note_sight(struct tcp_sight *sight, const struct tcp_socket *socket)
{
	const struct tcp_socket *before = &sight->socket;

	if (sight->count == 0 || before->inode != socket->inode ||
	    before->uid != socket->uid || before->state != socket->state)
		sight->count++;
	sight->socket = *socket;
}

static void
note_socket(struct tcp_view *view, const struct tcp_socket *socket,
    const struct tcp_end *server, const struct tcp_end *client)
{
	if (tcp_end_equal(&socket->here, server) &&
	    tcp_end_equal(&socket->there, client))
		note_sight(&view->server, socket);
	else if (tcp_end_equal(&socket->here, client) &&
	    tcp_end_equal(&socket->there, server))
		note_sight(&view->client, socket);
}

static void
put_ip(const struct tcp_end *end, __be32 out[4])
{
	if (tcp_end_is_ipv4(end))
		memcpy(out, end->ip + IPV4_AT, sizeof(struct in_addr));
	else
		memcpy(out, end->ip, sizeof(end->ip));
}

/* For IPv4 the kernel finds AF_INET6 sockets with mapped addresses, too. */
static void
put_question(struct question *question, const struct tcp_end *here,
    const struct tcp_end *there)
{
	struct inet_diag_req_v2 *body = &question->body;

	question->head.nlmsg_len = sizeof(*question);
	question->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	question->head.nlmsg_flags = NLM_F_REQUEST;
	body->sdiag_family = tcp_end_is_ipv4(here) ? AF_INET : AF_INET6;
	body->sdiag_protocol = IPPROTO_TCP;
	body->idiag_states = 1U << TCP_ESTABLISHED;
	put_ip(here, body->id.idiag_src);
	put_ip(there, body->id.idiag_dst);
	body->id.idiag_sport = htons(here->port);
	body->id.idiag_dport = htons(there->port);
	body->id.idiag_if = here->scope;
	body->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	body->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

static void
get_end(struct tcp_end *end, uint8_t family, const __be32 ip[4], __be16 port)
{
	end->port = ntohs(port);
	if (family == AF_INET6) {
		memcpy(end->ip, ip, sizeof(end->ip));
		return;
	}
	memset(end->ip, 0, IPV4_AT);
	end->ip[IPV4_AT - 2] = end->ip[IPV4_AT - 1] = 0xff;
	memcpy(end->ip + IPV4_AT, ip, sizeof(struct in_addr));
}

static void
get_socket(struct tcp_socket *socket, const struct inet_diag_msg *msg)
{
	memset(socket, 0, sizeof(*socket));
	get_end(&socket->here, msg->idiag_family, msg->id.idiag_src,
	    msg->id.idiag_sport);
	get_end(&socket->there, msg->idiag_family, msg->id.idiag_dst,
	    msg->id.idiag_dport);
	socket->state = msg->idiag_state;
	socket->uid = msg->idiag_uid;
	socket->inode = msg->idiag_inode;
}

/* True also for the answer that there is no such socket.  The kernel may
 * answer with a listener that this connection would reach if it were new:
 * note_socket() takes only what was asked for. */
static bool
take_answer(const union netlink_answer *answer, struct tcp_view *view,
    const struct tcp_end *server, const struct tcp_end *client)
{
	struct nlmsgerr error;
	struct inet_diag_msg msg;
	struct tcp_socket socket;

	if (netlink_take(answer, NLMSG_ERROR, &error, sizeof(error)))
		return error.error == -ENOENT;
	if (!netlink_take(answer, SOCK_DIAG_BY_FAMILY, &msg, sizeof(msg)))
		return false;
	get_socket(&socket, &msg);
	note_socket(view, &socket, server, client);
	return true;
}

bool
tcp_view_ask(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	struct question questions[2] = { 0 };
	union netlink_answer answers[2];

	memset(view_r, 0, sizeof(*view_r));
	put_question(&questions[0], server, client);
	put_question(&questions[1], client, server);
	return netlink_ask(NETLINK_SOCK_DIAG, questions, sizeof(questions),
	    answers, 2) &&
	    take_answer(&answers[0], view_r, server, client) &&
	    take_answer(&answers[1], view_r, server, client);
}

static bool
scan_lines(FILE *file, struct tcp_view *view, const struct tcp_end *server,
    const struct tcp_end *client, int64_t deadline)
{
	char line[LINE_MAX_LENGTH];
	struct tcp_socket socket;

	if (fgets(line, sizeof(line), file) == NULL)
		return false;		/* the head */
	for (size_t count = 0; fgets(line, sizeof(line), file) != NULL;
	    count++) {
		if (count == TCP_VIEW_SCAN_LINES || clock_monotonic_ms() > deadline ||
		    !tcp_socket_parse_line(&socket, line, strlen(line)))
			return false;
		note_socket(view, &socket, server, client);
	}
	return !ferror(file);
}

bool
tcp_view_scan(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	/* IPv4 may be in either: mapped addresses are in the second */
	static const char *const paths[] = {
		"/proc/net/tcp", "/proc/net/tcp6",
	};
	int64_t deadline = clock_monotonic_ms() + TCP_VIEW_SCAN_MS;
	bool ok = true;

	memset(view_r, 0, sizeof(*view_r));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char buffer[PROC_READ];
		FILE *file = fopen(paths[i], "re");

		if (file == NULL && errno == ENOENT)
			continue;	/* a kernel without IPv6 */
		if (file == NULL)
			return false;
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
		ok = ok && scan_lines(file, view_r, server, client, deadline);
		fclose(file);
	}
	return ok;
}
