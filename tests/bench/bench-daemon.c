/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* bench-daemon KIND SOCKET USER LOGINS [WORD]...: asks a daemon so many times,
 * one after the other, and writes the median and the slowest in nanoseconds,
 * and how many were refused.  KIND is mux (saslauthd's protocol, a connection
 * each, as libsasl2 does) or broker (what the plugin asks for a SCRAM login).
 * Further words are for the daemon that reads our command line. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/client.h"
#include "tests/bench/measure.h"

enum { REQUEST_MAX = 512, TIMEOUT_MS = 10000 };

static size_t
put_text(unsigned char *out, const char *text)
{
	size_t length = strlen(text);

	out[0] = (unsigned char)(length >> 8);
	out[1] = (unsigned char)length;
	memcpy(out + 2, text, length);
	return length + 2;
}

static bool
ask_mux(const char *path, const char *user)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	unsigned char request[REQUEST_MAX], answer[8] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t size = 0;
	bool right;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	size += put_text(request + size, user);
	size += put_text(request + size, BENCH_PASSWORD);
	size += put_text(request + size, "spice");
	size += put_text(request + size, BENCH_REALM);
	right = fd >= 0 && connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0 &&
	    write(fd, request, size) == (ssize_t)size &&
	    recv(fd, answer, 4, MSG_WAITALL) == 4 &&
	    memcmp(answer + 2, "OK", 2) == 0;
	if (fd >= 0)
		close(fd);
	return right;
}

static bool
ask_broker(struct broker_client *client, const char *user)
{
	struct broker_message message = {
		.type = BROKER_LOOKUP,
		.login = {
			.user = user,
			.mechanism = "SCRAM-SHA-256",
			.service = "spice",
			.client = "127.0.0.1",
		},
	}, answer;
	char detail[BROKER_DETAIL_MAX];

	if (broker_client_ask(client, &message, TIMEOUT_MS, &answer,
	    detail) != ERROR_NONE)
		return false;
	message.type = BROKER_DECIDE;
	message.proved = true;
	if (broker_client_ask(client, &message, TIMEOUT_MS, &answer,
	    detail) != ERROR_NONE)
		return false;
	if (answer.session != 0)
		broker_client_end(client, answer.session);
	return answer.allowed;
}

int
main(int argc, char **argv)
{
	long logins = argc >= 5 ? atol(argv[4]) : 0, refused = 0;
	struct broker_client *client = NULL;
	int64_t *times;

	if (logins < 1 || (strcmp(argv[1], "mux") != 0 &&
	    strcmp(argv[1], "broker") != 0)) {
		fputs("usage: bench-daemon mux|broker SOCKET USER LOGINS"
		    " [WORD]...\n", stderr);
		return 2;
	}
	times = calloc((size_t)logins, sizeof(*times));
	if (times == NULL || (strcmp(argv[1], "broker") == 0 &&
	    broker_client_new(&client, argv[2]) != ERROR_NONE))
		return 1;
	for (long i = 0; i < logins; i++) {
		int64_t begin = bench_now();

		if (!(client != NULL ? ask_broker(client, argv[3]) :
		    ask_mux(argv[2], argv[3])))
			refused++;
		times[i] = bench_now() - begin;
	}
	/* sorts them, too */
	printf("%" PRId64, bench_median(times, (size_t)logins));
	printf(" %" PRId64 " %ld\n", times[logins - 1], refused);
	broker_client_free(&client);
	free(times);
	return 0;
}
