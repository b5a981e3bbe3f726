/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* storm KIND SOCKET WHAT COUNT [WORD]...: a process that doesn't behave, at one
 * of vmauthzd's sockets (KIND is mux or broker).  WHAT is
 *   cut     a request cut short at each of its octets, COUNT times
 *   big     requests longer than any may be
 *   noise   random octets
 *   mute    COUNT connections that say nothing
 *   deaf    requests whose answers nobody reads
 *   again   the same request, COUNT times, on one connection if possible
 * It writes how many octets came back.  Further words are for the daemon that
 * reads our command line. */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/message.h"

enum {
	PACKET_MAX = 65536,
	ANSWER_MS = 200,
	HELD_MAX = 2048,
	SEED = 20261123,
};

struct storm {
	bool mux;
	struct sockaddr_un address;
	unsigned char request[BROKER_MESSAGE_MAX];
	size_t size;		/* of the request, which is a good one */
	unsigned long came;	/* octets */
};

static int
reach(const struct storm *storm)
{
	int fd = socket(AF_UNIX, (storm->mux ? SOCK_STREAM : SOCK_SEQPACKET) |
	    SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&storm->address,
	    sizeof(storm->address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void
tell(struct storm *storm, int fd, const unsigned char *data, size_t size,
    bool listen)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	unsigned char answer[PACKET_MAX];
	ssize_t got;

	if (send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 || !listen ||
	    poll(&readable, 1, ANSWER_MS) <= 0)
		return;
	got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (got > 0)
		storm->came += (unsigned long)got;
}

static void
tell_once(struct storm *storm, const unsigned char *data, size_t size,
    bool listen)
{
	int fd = reach(storm);

	if (fd < 0)
		return;
	tell(storm, fd, data, size, listen);
	close(fd);
}

/* --- what it does -------------------------------------------------------- */

static void
cut(struct storm *storm)
{
	for (size_t size = 0; size < storm->size; size++)
		tell_once(storm, storm->request, size, !storm->mux);
}

static void
big(struct storm *storm)
{
	static unsigned char packet[PACKET_MAX];

	memset(packet, 0xff, sizeof(packet));
	memcpy(packet, storm->request, storm->size);
	tell_once(storm, packet, sizeof(packet), true);
	tell_once(storm, packet, storm->size + 1, true);
}

static void
noise(struct storm *storm)
{
	unsigned char packet[512];
	size_t size = (size_t)random() % sizeof(packet);

	for (size_t i = 0; i < size; i++)
		packet[i] = (unsigned char)random();
	if (!storm->mux && size > 2 && random() % 2 == 0) {
		packet[0] = BROKER_VERSION;
		packet[1] = (unsigned char)(random() % 8);
	}
	tell_once(storm, packet, size, !storm->mux);
}

static void
deaf(struct storm *storm)
{
	int fd = reach(storm);

	for (int i = 0; fd >= 0 && i < 1000; i++)
		tell(storm, fd, storm->request, storm->size, false);
	if (fd >= 0)
		close(fd);
}

static void
again(struct storm *storm)
{
	static int kept = -1;

	if (storm->mux) {
		tell_once(storm, storm->request, storm->size, true);
		return;
	}
	if (kept < 0)
		kept = reach(storm);
	if (kept >= 0)
		tell(storm, kept, storm->request, storm->size, true);
}

static const struct {
	const char *name;
	void (*once)(struct storm *storm);
} kinds[] = {
	{ "cut", cut }, { "big", big }, { "noise", noise }, { "deaf", deaf },
	{ "again", again },
};

static void
mute(const struct storm *storm, unsigned long count)
{
	static int held[HELD_MAX];
	size_t have = 0;

	while (have < count && have < HELD_MAX &&
	    (held[have] = reach(storm)) >= 0)
		have++;
	sleep(1);
	while (have > 0)
		close(held[--have]);
}

/* --- a good request ------------------------------------------------------ */

static void
put_text(struct storm *storm, const char *text)
{
	size_t length = strlen(text);

	storm->request[storm->size++] = (unsigned char)(length >> 8);
	storm->request[storm->size++] = (unsigned char)length;
	memcpy(storm->request + storm->size, text, length);
	storm->size += length;
}

static void
make_request(struct storm *storm)
{
	const struct broker_message message = {
		.type = BROKER_LOOKUP,
		.id = 7,
		.user = "alice@example.org",
		.login = {
			.mechanism = "SCRAM-SHA-256",
			.request = {
				.service = "spice",
				.client = "192.0.2.7",
			},
		},
	};

	if (!storm->mux) {
		storm->size = broker_encode(storm->request, &message);
		return;
	}
	put_text(storm, "alice");
	put_text(storm, "not it");
	put_text(storm, "spice");
	put_text(storm, "example.org");
}

int
main(int argc, char **argv)
{
	struct storm storm = { .address = { .sun_family = AF_UNIX } };
	unsigned long count = argc < 5 ? 0 : strtoul(argv[4], NULL, 10);

	if (count == 0) {
		fprintf(stderr, "usage: storm mux|broker SOCKET WHAT COUNT\n");
		return 2;
	}
	srandom(SEED);
	storm.mux = strcmp(argv[1], "mux") == 0;
	snprintf(storm.address.sun_path, sizeof(storm.address.sun_path), "%s",
	    argv[2]);
	make_request(&storm);
	if (strcmp(argv[3], "mute") == 0)
		mute(&storm, count);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (unsigned long n = 0; strcmp(argv[3], kinds[i].name) == 0 &&
		    n < count; n++)
			kinds[i].once(&storm);
	}
	printf("%lu\n", storm.came);
	return 0;
}
