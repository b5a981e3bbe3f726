/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "broker/client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum { ENDS_MAX = 256 };	/* sessions' ends that wait to be told */

struct broker_client {
	struct sockaddr_un address;
	pthread_mutex_t asking;		/* over these, while it waits, too */
	int fd;				/* -1: not connected */
	uint32_t id;			/* of the last question */
	char detail[BROKER_DETAIL_MAX];
	unsigned char packet[BROKER_MESSAGE_MAX]; /* the last answer */
	pthread_mutex_t ending;		/* over these; nobody waits in it */
	uint64_t ends[ENDS_MAX];	/* oldest first */
	size_t end_count;
	bool ended;			/* one more since they were sent */
};

int
broker_client_new(struct broker_client **client_r, const char *path)
{
	struct broker_client *client;

	*client_r = NULL;
	if (path[0] != '/' ||
	    strlen(path) >= sizeof(client->address.sun_path))
		return ERROR_VALUE;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return ERROR_MEMORY;
	client->address.sun_family = AF_UNIX;
	strcpy(client->address.sun_path, path);
	client->fd = -1;
	pthread_mutex_init(&client->asking, NULL);
	pthread_mutex_init(&client->ending, NULL);
	*client_r = client;
	return ERROR_NONE;
}

static void
disconnect(struct broker_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

void
broker_client_free(struct broker_client **client)
{
	if (*client == NULL)
		return;
	disconnect(*client);
	pthread_mutex_destroy(&(*client)->asking);
	pthread_mutex_destroy(&(*client)->ending);
	explicit_bzero(*client, sizeof(**client));
	free(*client);
	*client = NULL;
}

static int
fail(struct broker_client *client, const char *what)
{
	snprintf(client->detail, sizeof(client->detail), "%s: %s",
	    client->address.sun_path, what);
	return ERROR_BROKER;
}

/* --- time ------------------------------------------------------------------ */

/* Waits for the socket until the deadline; false when that has passed. */
static bool
wait_for(const struct broker_client *client, short events, int64_t deadline)
{
	struct pollfd wanted = { .fd = client->fd, .events = events };
	int64_t left;
	int rc;

	do {
		left = deadline - clock_monotonic_ms();
		if (left < 0)
			return false;
		rc = poll(&wanted, 1, (int)left);
	} while (rc < 0 && errno == EINTR);
	return rc > 0;
}

/* --- the connection ------------------------------------------------------------ */

/* Connecting to a Unix socket never waits, but for a full queue. */
static int
connect_to(struct broker_client *client)
{
	client->fd = socket(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd < 0)
		return fail(client, strerror(errno));
	if (connect(client->fd, (const struct sockaddr *)&client->address,
	    sizeof(client->address)) != 0) {
		int error = errno;

		disconnect(client);
		return fail(client, strerror(error));
	}
	return ERROR_NONE;
}

static bool
send_packet(struct broker_client *client, const struct broker_message *message,
    int64_t deadline)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size = broker_encode(packet, message);
	ssize_t sent;

	do {
		sent = size == 0 ? -1 : send(client->fd, packet, size,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && size != 0 && (errno == EINTR ||
	    (errno == EAGAIN && deadline != 0 &&
	    wait_for(client, POLLOUT, deadline))));
	explicit_bzero(packet, size);	/* errno stays */
	return sent == (ssize_t)size;
}

/* --- sessions that end ---------------------------------------------------- */

static bool
send_end(struct broker_client *client, uint64_t session)
{
	const struct broker_message message = {
		.type = BROKER_END,
		.session = session,
	};

	return client->fd >= 0 && send_packet(client, &message, 0);
}

/* Sends what waits and can be sent at once.  False if some wait still and a
 * new connection could help. */
static bool
send_ends(struct broker_client *client)
{
	size_t told = 0;
	bool done;

	pthread_mutex_lock(&client->ending);
	client->ended = false;
	errno = 0;
	while (told < client->end_count &&
	    send_end(client, client->ends[told]))
		told++;
	client->end_count -= told;
	done = client->end_count == 0 || errno == EAGAIN;
	memmove(client->ends, client->ends + told,
	    client->end_count * sizeof(client->ends[0]));
	pthread_mutex_unlock(&client->ending);
	return done;
}

static void
keep_end(struct broker_client *client, uint64_t session)
{
	pthread_mutex_lock(&client->ending);
	if (client->end_count == ENDS_MAX) {
		client->end_count--;
		memmove(client->ends, client->ends + 1,
		    client->end_count * sizeof(client->ends[0]));
	}
	client->ends[client->end_count++] = session;
	client->ended = true;
	pthread_mutex_unlock(&client->ending);
}

static bool
has_ended(struct broker_client *client)
{
	bool ended;

	pthread_mutex_lock(&client->ending);
	ended = client->ended;
	pthread_mutex_unlock(&client->ending);
	return ended;
}

/* Lets go of the connection, and tells what ended while it was held: who ended
 * it did not wait.  The daemon may have been restarted: the next login, which
 * would connect anew, can be long in coming. */
static void
let_go(struct broker_client *client)
{
	do {
		if (has_ended(client) && !send_ends(client)) {
			disconnect(client);
			if (connect_to(client) == ERROR_NONE)
				send_ends(client);
		}
		pthread_mutex_unlock(&client->asking);
	} while (has_ended(client) &&
	    pthread_mutex_trylock(&client->asking) == 0);
}

void
broker_client_end(struct broker_client *client, uint64_t session)
{
	keep_end(client, session);
	if (pthread_mutex_trylock(&client->asking) == 0)
		let_go(client);
}

/* --- questions --------------------------------------------------------------------- */

static bool
answers(enum broker_type question, enum broker_type answer)
{
	static const enum broker_type pairs[][2] = {
		{ BROKER_LOOKUP, BROKER_VERIFIER },
		{ BROKER_PASSWORD, BROKER_RESULT },
		{ BROKER_DECIDE, BROKER_DECISION },
		{ BROKER_TICKET, BROKER_ISSUED },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i][0] == question && pairs[i][1] == answer)
			return true;
	}
	return false;
}

enum received { RECEIVED, GONE, LATE };

static enum received
receive(struct broker_client *client, int64_t deadline, size_t *size_r)
{
	ssize_t got;

	for (;;) {
		if (!wait_for(client, POLLIN, deadline))
			return LATE;
		got = recv(client->fd, client->packet, sizeof(client->packet),
		    MSG_DONTWAIT | MSG_TRUNC);
		if (got > 0) {
			*size_r = (size_t)got;
			return RECEIVED;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return GONE;
	}
}

static int
read_answer(struct broker_client *client, size_t size,
    const struct broker_message *question, struct broker_message *answer_r)
{
	if (size > sizeof(client->packet) ||
	    broker_decode(answer_r, client->packet, size) != 0 ||
	    answer_r->id != question->id)
		return fail(client, "not an answer to what was asked");
	if (answer_r->type == BROKER_ERROR)
		return fail(client, answer_r->text != NULL ? answer_r->text :
		    broker_strerror(answer_r->error));
	if (!answers(question->type, answer_r->type))
		return fail(client, "an answer to something else");
	return ERROR_NONE;
}

/* One try.  *again_r: the connection was dead, and may not have been before. */
static int
ask_once(struct broker_client *client, const struct broker_message *question,
    int64_t deadline, struct broker_message *answer_r, bool *again_r)
{
	bool kept = client->fd >= 0;
	enum received received = GONE;
	size_t size = 0;
	int rc = kept ? ERROR_NONE : connect_to(client);

	*again_r = false;
	if (rc != ERROR_NONE)
		return rc;
	send_ends(client);
	if (send_packet(client, question, deadline))
		received = receive(client, deadline, &size);
	if (received == RECEIVED) {
		rc = read_answer(client, size, question, answer_r);
	} else {
		rc = fail(client, received == LATE ? "no answer in time" :
		    "the connection was closed");
		*again_r = kept && received == GONE;
	}
	/* a late answer must not be the next question's */
	if (received != RECEIVED ||
	    (rc != ERROR_NONE && answer_r->type != BROKER_ERROR))
		disconnect(client);
	return rc;
}

int
broker_client_ask(struct broker_client *client,
    const struct broker_message *question, int timeout_ms,
    struct broker_message *answer_r, char detail_r[BROKER_DETAIL_MAX])
{
	struct broker_message numbered = *question;
	int64_t deadline = clock_monotonic_ms() + timeout_ms;
	bool again;
	int rc;

	detail_r[0] = '\0';
	memset(answer_r, 0, sizeof(*answer_r));
	pthread_mutex_lock(&client->asking);
	explicit_bzero(client->packet, sizeof(client->packet));
	numbered.id = ++client->id;
	rc = ask_once(client, &numbered, deadline, answer_r, &again);
	if (again)
		rc = ask_once(client, &numbered, deadline, answer_r, &again);
	if (rc != ERROR_NONE) {
		memset(answer_r, 0, sizeof(*answer_r));
		strcpy(detail_r, client->detail);
	}
	if (client->fd >= 0)
		send_ends(client);	/* there was no room for them before */
	let_go(client);
	return rc;
}
