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

enum { CLIENT_ENDS_MAX = 256 };	/* ends of sessions to be sent */

struct broker_client {
	struct sockaddr_un address;
	pthread_mutex_t request_mutex;	/* guards the next four; held while a
					 * thread waits for its answer */
	int fd;				/* -1: not connected */
	uint32_t id;			/* of the last question */
	char detail[BROKER_DETAIL_MAX];
	unsigned char packet[BROKER_MESSAGE_MAX]; /* the last answer */
	pthread_mutex_t ends_mutex;	/* guards the rest; never held while a
					 * thread waits */
	uint64_t ends[CLIENT_ENDS_MAX];	/* oldest first */
	size_t end_count;
	bool ends_new;			/* one was added since the last try */
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
	pthread_mutex_init(&client->request_mutex, NULL);
	pthread_mutex_init(&client->ends_mutex, NULL);
	*client_r = client;
	return ERROR_NONE;
}

static void
client_disconnect(struct broker_client *client)
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
	client_disconnect(*client);
	pthread_mutex_destroy(&(*client)->request_mutex);
	pthread_mutex_destroy(&(*client)->ends_mutex);
	explicit_bzero(*client, sizeof(**client));
	free(*client);
	*client = NULL;
}

static int
client_fail(struct broker_client *client, const char *what)
{
	snprintf(client->detail, sizeof(client->detail), "%s: %s",
	    client->address.sun_path, what);
	return ERROR_BROKER;
}

/* --- time ---------------------------------------------------------------- */

/* Waits for the socket until the deadline; false when that has passed. */
static bool
client_wait(const struct broker_client *client, short events, int64_t deadline)
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

/* --- the connection ------------------------------------------------------ */

/* connect(2) to a Unix socket blocks only if the daemon's backlog is full; the
 * socket is non-blocking, so it fails then. */
static int
client_connect(struct broker_client *client)
{
	client->fd = socket(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd < 0)
		return client_fail(client, strerror(errno));
	if (connect(client->fd, (const struct sockaddr *)&client->address,
	    sizeof(client->address)) != 0) {
		int error = errno;

		client_disconnect(client);
		return client_fail(client, strerror(error));
	}
	return ERROR_NONE;
}

/* *fits_r is false if the message is longer than the protocol allows; nothing
 * is sent then. */
static bool
client_send(struct broker_client *client, const struct broker_message *message,
    int64_t deadline, bool *fits_r)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	size_t size = broker_encode(packet, message);
	ssize_t sent;

	*fits_r = size != 0;
	if (size == 0)
		return false;
	do {
		sent = send(client->fd, packet, size,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && (errno == EINTR ||
	    (errno == EAGAIN && deadline != 0 &&
	    client_wait(client, POLLOUT, deadline))));
	explicit_bzero(packet, size);	/* a password; errno stays */
	return sent == (ssize_t)size;
}

/* --- sessions that end --------------------------------------------------- */

static bool
client_send_end(struct broker_client *client, uint64_t session)
{
	const struct broker_message message = {
		.type = BROKER_END,
		.session = session,
	};
	bool fits;

	return client->fd >= 0 && client_send(client, &message, 0, &fits);
}

/* Sends all ends that the socket accepts without blocking.  False if some are
 * left and a new connection could help. */
static bool
client_send_ends(struct broker_client *client)
{
	size_t sent = 0;
	bool done;

	pthread_mutex_lock(&client->ends_mutex);
	client->ends_new = false;
	errno = 0;
	while (sent < client->end_count &&
	    client_send_end(client, client->ends[sent]))
		sent++;
	client->end_count -= sent;
	done = client->end_count == 0 || errno == EAGAIN;
	memmove(client->ends, client->ends + sent,
	    client->end_count * sizeof(client->ends[0]));
	pthread_mutex_unlock(&client->ends_mutex);
	return done;
}

/* A full list loses its oldest end: QEMU's memory must not grow with the time
 * for which the daemon is away. */
static void
client_queue_end(struct broker_client *client, uint64_t session)
{
	pthread_mutex_lock(&client->ends_mutex);
	if (client->end_count == CLIENT_ENDS_MAX) {
		client->end_count--;
		memmove(client->ends, client->ends + 1,
		    client->end_count * sizeof(client->ends[0]));
	}
	client->ends[client->end_count++] = session;
	client->ends_new = true;
	pthread_mutex_unlock(&client->ends_mutex);
}

static bool
client_has_ends(struct broker_client *client)
{
	bool ends_new;

	pthread_mutex_lock(&client->ends_mutex);
	ends_new = client->ends_new;
	pthread_mutex_unlock(&client->ends_mutex);
	return ends_new;
}

/* Unlocks request_mutex, and sends the ends that were added while it was held:
 * their threads did not wait for it.  The second look, after unlocking, is for
 * an end that was added between the first look and the unlocking.  Reconnects
 * if the daemon was restarted: the next login, which would, may be far off. */
static void
client_release(struct broker_client *client)
{
	do {
		if (client_has_ends(client) && !client_send_ends(client)) {
			client_disconnect(client);
			if (client_connect(client) == ERROR_NONE)
				client_send_ends(client);
		}
		pthread_mutex_unlock(&client->request_mutex);
	} while (client_has_ends(client) &&
	    pthread_mutex_trylock(&client->request_mutex) == 0);
}

void
broker_client_end(struct broker_client *client, uint64_t session)
{
	client_queue_end(client, session);
	if (pthread_mutex_trylock(&client->request_mutex) == 0)
		client_release(client);
}

/* --- questions ----------------------------------------------------------- */

enum client_received { CLIENT_RECEIVED, CLIENT_GONE, CLIENT_LATE };

static enum client_received
client_receive(struct broker_client *client, int64_t deadline, size_t *size_r)
{
	ssize_t got;

	for (;;) {
		if (!client_wait(client, POLLIN, deadline))
			return CLIENT_LATE;
		got = recv(client->fd, client->packet, sizeof(client->packet),
		    MSG_DONTWAIT | MSG_TRUNC);
		if (got > 0) {
			*size_r = (size_t)got;
			return CLIENT_RECEIVED;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return CLIENT_GONE;
	}
}

/* A daemon of another version answers with an ERROR in the version of the
 * question, whose sentence says what to upgrade.  If the answer is of another
 * version all the same, the sentence is made here. */
static int
client_read_answer(struct broker_client *client, size_t size,
    const struct broker_message *question, struct broker_message *answer_r)
{
	char text[BROKER_VERSION_TEXT_MAX];
	int error = size > sizeof(client->packet) ? BROKER_E_MALFORMED :
	    broker_decode(answer_r, client->packet, size);

	if (error == BROKER_E_VERSION && answer_r->id == question->id) {
		broker_version_text(text, answer_r->version, BROKER_VERSION,
		    question->type);
		return client_fail(client, text);
	}
	if (error != 0 || answer_r->id != question->id)
		return client_fail(client, "not an answer to what was asked");
	if (answer_r->type == BROKER_ERROR)
		return client_fail(client, answer_r->text != NULL ?
		    answer_r->text : broker_strerror(answer_r->error));
	if (answer_r->type != (question->type | BROKER_ANSWER_BIT))
		return client_fail(client, "an answer to something else");
	return ERROR_NONE;
}

/* One attempt.  *again_r: an old connection turned out to be closed, as after a
 * restart of the daemon, so that a new one may work. */
static int
client_ask_once(struct broker_client *client,
    const struct broker_message *question, int64_t deadline,
    struct broker_message *answer_r, bool *again_r)
{
	bool reused = client->fd >= 0;
	enum client_received received = CLIENT_GONE;
	bool fits;
	size_t size = 0;
	int rc = reused ? ERROR_NONE : client_connect(client);

	*again_r = false;
	if (rc != ERROR_NONE)
		return rc;
	client_send_ends(client);
	if (client_send(client, question, deadline, &fits))
		received = client_receive(client, deadline, &size);
	/* the connection, and the attempts that it is for, stay */
	if (!fits)
		return client_fail(client, "the question is too long");
	if (received == CLIENT_RECEIVED) {
		rc = client_read_answer(client, size, question, answer_r);
	} else {
		rc = client_fail(client, received == CLIENT_LATE ?
		    "no answer in time" : "the connection was closed");
		*again_r = reused && received == CLIENT_GONE;
	}
	/* a late answer must not be read as that of the next question */
	if (received != CLIENT_RECEIVED || (rc != ERROR_NONE &&
	    (answer_r->type != BROKER_ERROR ||
	    answer_r->version != BROKER_VERSION)))
		client_disconnect(client);
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
	pthread_mutex_lock(&client->request_mutex);
	explicit_bzero(client->packet, sizeof(client->packet));
	numbered.id = ++client->id;
	rc = client_ask_once(client, &numbered, deadline, answer_r, &again);
	if (again)
		rc = client_ask_once(client, &numbered, deadline, answer_r,
		    &again);
	if (rc != ERROR_NONE) {
		memset(answer_r, 0, sizeof(*answer_r));
		strcpy(detail_r, client->detail);
	}
	if (client->fd >= 0)
		client_send_ends(client);	/* if it was full before */
	client_release(client);
	return rc;
}
