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
	TCP_VIEW_LINE_MAX = 512,		/* of tcp6: 190 */
	TCP_VIEW_BUFFER_SIZE = 4096,	/* what one read(2) returns at most */
};

struct tcp_view_question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

_Static_assert(sizeof(struct tcp_view_question) % NLMSG_ALIGNTO == 0,
    "questions can follow each other");

static void
tcp_view_begin(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	memset(view_r, 0, sizeof(*view_r));
	view_r->server.end = *server;
	view_r->client.end = *client;
}

/* A file that is read while sockets come and go may list one twice, which
 * counts once.  Two different ones make the connection ambiguous. */
static void
tcp_view_note_socket(struct tcp_view *view, const struct tcp_socket *socket)
{
	bool servers = tcp_end_equal(&socket->here, &view->server.end);
	struct tcp_sight *sight = servers ? &view->server : &view->client;
	const struct tcp_sight *other = servers ? &view->client : &view->server;
	const struct tcp_socket *before = &sight->socket;

	if (!tcp_end_equal(&socket->here, &sight->end) ||
	    !tcp_end_equal(&socket->there, &other->end))
		return;
	if (sight->count == 0 || before->inode != socket->inode ||
	    before->uid != socket->uid || before->state != socket->state)
		sight->count++;
	sight->socket = *socket;
}

static void
tcp_view_write_ip(const struct tcp_end *end, __be32 out[4])
{
	size_t size;
	const uint8_t *ip = tcp_end_ip(end, &size);

	memcpy(out, ip, size);
}

/* A request for AF_INET finds also AF_INET6 sockets with mapped addresses.
 * Only established sockets are requested: the kernel reports root as the owner
 * of the others that are left of a connection. */
static void
tcp_view_write_question(struct tcp_view_question *question,
    const struct tcp_end *here, const struct tcp_end *there)
{
	struct inet_diag_req_v2 *body = &question->body;

	question->head.nlmsg_len = sizeof(*question);
	question->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	question->head.nlmsg_flags = NLM_F_REQUEST;
	body->sdiag_family = tcp_end_is_ipv4(here) ? AF_INET : AF_INET6;
	body->sdiag_protocol = IPPROTO_TCP;
	body->idiag_states = 1U << TCP_ESTABLISHED;
	tcp_view_write_ip(here, body->id.idiag_src);
	tcp_view_write_ip(there, body->id.idiag_dst);
	body->id.idiag_sport = htons(here->port);
	body->id.idiag_dport = htons(there->port);
	body->id.idiag_if = here->scope;
	body->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	body->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

static void
tcp_view_read_socket(struct tcp_socket *socket, const struct inet_diag_msg *msg)
{
	size_t size = msg->idiag_family == AF_INET6 ? sizeof(struct in6_addr) :
	    sizeof(struct in_addr);

	memset(socket, 0, sizeof(*socket));
	tcp_end_set_ip(&socket->here, msg->id.idiag_src, size);
	socket->here.port = ntohs(msg->id.idiag_sport);
	tcp_end_set_ip(&socket->there, msg->id.idiag_dst, size);
	socket->there.port = ntohs(msg->id.idiag_dport);
	socket->state = msg->idiag_state;
	socket->uid = msg->idiag_uid;
	socket->inode = msg->idiag_inode;
}

/* Returns true also for the answer that there is no such socket.  The kernel
 * may answer with a listener that this connection would reach if it were new:
 * tcp_view_note_socket() ignores it, since its ends differ. */
static bool
tcp_view_read_answer(const union netlink_answer *answer, struct tcp_view *view)
{
	struct nlmsgerr error;
	struct inet_diag_msg msg;
	struct tcp_socket socket;

	if (netlink_read_payload(answer, NLMSG_ERROR, &error, sizeof(error)))
		return error.error == -ENOENT;
	if (!netlink_read_payload(answer, SOCK_DIAG_BY_FAMILY, &msg,
	    sizeof(msg)))
		return false;
	tcp_view_read_socket(&socket, &msg);
	tcp_view_note_socket(view, &socket);
	return true;
}

bool
tcp_view_query(struct tcp_view *view_r, const struct tcp_end *server,
    const struct tcp_end *client)
{
	struct tcp_view_question questions[2] = { 0 };
	union netlink_answer answers[2];

	tcp_view_begin(view_r, server, client);
	tcp_view_write_question(&questions[0], server, client);
	tcp_view_write_question(&questions[1], client, server);
	/* Both in one message: the second answer costs one system call. */
	return netlink_query(NETLINK_SOCK_DIAG, questions, sizeof(questions),
	    answers, 2) &&
	    tcp_view_read_answer(&answers[0], view_r) &&
	    tcp_view_read_answer(&answers[1], view_r);
}

static bool
tcp_view_scan_lines(FILE *file, struct tcp_view *view, int64_t deadline)
{
	char line[TCP_VIEW_LINE_MAX];
	struct tcp_socket socket;

	if (fgets(line, sizeof(line), file) == NULL)
		return false;		/* the heading */
	for (size_t count = 0; fgets(line, sizeof(line), file) != NULL;
	    count++) {
		if (count == TCP_VIEW_SCAN_LINES ||
		    clock_monotonic_ms() > deadline ||
		    !tcp_socket_parse_line(&socket, line, strlen(line)))
			return false;
		tcp_view_note_socket(view, &socket);
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

	tcp_view_begin(view_r, server, client);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char buffer[TCP_VIEW_BUFFER_SIZE];
		FILE *file = fopen(paths[i], "re");

		if (file == NULL && errno == ENOENT)
			continue;	/* a kernel without IPv6 */
		if (file == NULL)
			return false;
		setvbuf(file, buffer, _IOFBF, sizeof(buffer));
		ok = ok && tcp_view_scan_lines(file, view_r, deadline);
		fclose(file);
	}
	return ok;
}
