/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/local_user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REPLY_MAX = 8192,		/* octets of a netlink message */
	PASSWD_LINE_MAX = 4096,
	OVERFLOW_UID = 65534,		/* user_namespaces(7): not ours to see */
};

/* One end of a connection.  An IPv4-mapped address is kept as its IPv4, as
 * the kernel does. */
struct endpoint {
	int family;
	unsigned char address[16];
	size_t size;			/* octets of address */
	unsigned int interface;		/* of a link-local address, or 0 */
	uint16_t port;			/* in network order */
};

/* --- addresses ----------------------------------------------------------- */

static bool
parse_port(const char *text, uint16_t *port_r)
{
	unsigned long port;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	port = strtoul(text, &end, 10);
	*port_r = htons((uint16_t)port);
	return *end == '\0' && port != 0 && port <= UINT16_MAX;
}

static void
unmap(struct endpoint *end)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (end->family != AF_INET6 ||
	    memcmp(end->address, prefix, sizeof(prefix)) != 0)
		return;
	end->family = AF_INET;
	end->size = sizeof(struct in_addr);
	memmove(end->address, end->address + sizeof(prefix), end->size);
}

/* "address;port", where the address may have a scope: "fe80::1%eth0". */
static bool
parse_endpoint(const char *text, struct endpoint *end_r)
{
	const char *port = strrchr(text, ';');
	char address[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], *scope;
	size_t length = port != NULL ? (size_t)(port - text) : 0;

	memset(end_r, 0, sizeof(*end_r));
	if (length == 0 || length >= sizeof(address) ||
	    !parse_port(port + 1, &end_r->port))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	scope = strchr(address, '%');
	if (scope != NULL) {
		*scope = '\0';
		end_r->interface = if_nametoindex(scope + 1);
		if (end_r->interface == 0)
			return false;
	}
	end_r->family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
	end_r->size = end_r->family == AF_INET6 ? sizeof(struct in6_addr) :
	    sizeof(struct in_addr);
	if (inet_pton(end_r->family, address, end_r->address) != 1)
		return false;
	unmap(end_r);
	return true;
}

static bool
same_address(const struct endpoint *end, int family, const void *address)
{
	struct endpoint other = { .family = family,
	    .size = family == AF_INET6 ? sizeof(struct in6_addr) :
	    sizeof(struct in_addr) };

	if (family != AF_INET && family != AF_INET6)
		return false;
	memcpy(other.address, address, other.size);
	unmap(&other);
	return other.family == end->family &&
	    memcmp(other.address, end->address, end->size) == 0;
}

/* --- asking the kernel ----------------------------------------------------- */

struct reply {
	_Alignas(struct nlmsghdr) unsigned char octets[REPLY_MAX];
	size_t size;
};

/* Sends one request and takes the one message that answers it; the kernel
 * has it ready when sending returns.  NULL if there is none. */
static struct nlmsghdr *
exchange(int protocol, struct nlmsghdr *request, struct reply *reply)
{
	struct nlmsghdr *header = (void *)reply->octets;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t size = -1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    protocol);

	if (fd < 0)
		return NULL;
	request->nlmsg_flags = NLM_F_REQUEST;
	request->nlmsg_seq = 1;
	if (sendto(fd, request, request->nlmsg_len, 0,
	    (const struct sockaddr *)&kernel, sizeof(kernel)) ==
	    (ssize_t)request->nlmsg_len)
		size = recv(fd, reply->octets, sizeof(reply->octets),
		    MSG_DONTWAIT);
	close(fd);
	reply->size = size > 0 ? (size_t)size : 0;
	return NLMSG_OK(header, reply->size) && header->nlmsg_seq == 1 ?
	    header : NULL;
}

/* What an error message says; 0: that it is none. */
static int
error_of(struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);

	if (header->nlmsg_type != NLMSG_ERROR ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)))
		return 0;
	return -error->error;
}

/* The kernel may also find a socket that listens, or the rest of one that is
 * gone, whose owner would seem to be root. */
static bool
is_the_socket(const struct inet_diag_msg *socket,
    const struct endpoint *local, const struct endpoint *remote)
{
	return socket->idiag_state == TCP_ESTABLISHED &&
	    socket->idiag_inode != 0 &&
	    socket->idiag_uid != OVERFLOW_UID &&
	    socket->id.idiag_sport == remote->port &&
	    socket->id.idiag_dport == local->port &&
	    same_address(remote, socket->idiag_family, socket->id.idiag_src) &&
	    same_address(local, socket->idiag_family, socket->id.idiag_dst);
}

enum answer {
	ANSWER_UNCLEAR = 0,
	ANSWER_NONE,
	ANSWER_FOUND,
};

/* Looks up the socket by its four numbers. */
static enum answer
find_socket(const struct endpoint *local, const struct endpoint *remote,
    uid_t *uid_r)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
		    .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		.body = { .sdiag_family = (uint8_t)remote->family,
		    .sdiag_protocol = IPPROTO_TCP,
		    .idiag_states = UINT32_MAX,
		    .id = { .idiag_sport = remote->port,
		    .idiag_dport = local->port,
		    .idiag_if = remote->interface,
		    .idiag_cookie = { INET_DIAG_NOCOOKIE,
		    INET_DIAG_NOCOOKIE } } },
	};
	struct nlmsghdr *header;
	const struct inet_diag_msg *found;
	struct reply reply;

	memcpy(request.body.id.idiag_src, remote->address, remote->size);
	memcpy(request.body.id.idiag_dst, local->address, local->size);
	header = exchange(NETLINK_SOCK_DIAG, &request.header, &reply);
	if (header == NULL)
		return ANSWER_UNCLEAR;
	if (error_of(header) == ENOENT)
		return ANSWER_NONE;
	found = NLMSG_DATA(header);
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*found)) ||
	    !is_the_socket(found, local, remote))
		return ANSWER_UNCLEAR;
	*uid_r = found->idiag_uid;
	return ANSWER_FOUND;
}

/* Whether an address is one of this host's own: how would it be reached? */
static enum answer
find_address(const struct endpoint *end)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg body;
		struct rtattr attribute;
		unsigned char address[16];
	} request = {
		.header = { .nlmsg_type = RTM_GETROUTE },
		.body = { .rtm_family = (unsigned char)end->family,
		    .rtm_dst_len = (unsigned char)(8 * end->size) },
		.attribute = { .rta_type = RTA_DST,
		    .rta_len = (unsigned short)RTA_LENGTH(end->size) },
	};
	struct nlmsghdr *header;
	const struct rtmsg *route;
	struct reply reply;

	memcpy(request.address, end->address, end->size);
	request.header.nlmsg_len = (uint32_t)(sizeof(request) -
	    sizeof(request.address) + end->size);
	header = exchange(NETLINK_ROUTE, &request.header, &reply);
	if (header == NULL)
		return ANSWER_UNCLEAR;
	if (error_of(header) == ENETUNREACH || error_of(header) == EHOSTUNREACH)
		return ANSWER_NONE;
	route = NLMSG_DATA(header);
	if (header->nlmsg_type != RTM_NEWROUTE ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
		return ANSWER_UNCLEAR;
	return route->rtm_type == RTN_UNICAST ? ANSWER_NONE : ANSWER_FOUND;
}

/* --- accounts ------------------------------------------------------------- */

static bool
name_account(uid_t uid, struct local_user *user)
{
	char line[PASSWD_LINE_MAX];
	struct passwd account, *found = NULL;
	FILE *file = fopen("/etc/passwd", "re");
	int length;

	while (file != NULL && fgetpwent_r(file, &account, line, sizeof(line),
	    &found) == 0) {
		if (account.pw_uid == uid)
			break;
		found = NULL;
	}
	snprintf(user->number, sizeof(user->number), "%lu",
	    (unsigned long)uid);
	length = snprintf(user->name, sizeof(user->name), "%s",
	    found != NULL ? account.pw_name : user->number);
	if (file != NULL)
		fclose(file);
	return length > 0 && length < LOCAL_USER_MAX;
}

enum policy_local
local_user_find(const char *local, const char *remote,
    struct local_user *user_r)
{
	struct endpoint ours, theirs;
	uid_t uid = 0;

	memset(user_r, 0, sizeof(*user_r));
	if (!parse_endpoint(local, &ours) ||
	    !parse_endpoint(remote, &theirs) || ours.family != theirs.family)
		return LOCAL_UNKNOWN;
	switch (find_socket(&ours, &theirs, &uid)) {
	case ANSWER_FOUND:
		if (name_account(uid, user_r))
			return LOCAL_ACCOUNT;
		memset(user_r, 0, sizeof(*user_r));
		return LOCAL_UNKNOWN;
	case ANSWER_NONE:
		return find_address(&theirs) == ANSWER_NONE ? LOCAL_REMOTE :
		    LOCAL_UNKNOWN;
	default:
		return LOCAL_UNKNOWN;
	}
}
