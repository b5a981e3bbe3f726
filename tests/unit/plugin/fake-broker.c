/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/plugin/fake-broker.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void
keep(char text_r[FAKE_TEXT], const char *text)
{
	snprintf(text_r, FAKE_TEXT, "%s", text != NULL ? text : "");
}

static void
note(struct fake_broker *fake, const struct broker_message *message)
{
	struct fake_seen *seen = &fake->seen;

	if (message->type == BROKER_END &&
	    message->session < fake->first_session)
		return;		/* another test's, on its way when that ended */
	fake->asked[message->type & 0xff]++;
	if (message->type == BROKER_END) {
		if (fake->ended_count < FAKE_ENDED)
			fake->ended[fake->ended_count++] = message->session;
		return;
	}
	keep(seen->user, message->user);
	keep(seen->mechanism, message->login.mechanism);
	keep(seen->service, message->login.request.service);
	keep(seen->client, message->login.request.client);
	seen->port = message->login.request.vm.port;
	seen->local_asked = message->login.request.local_asked;
	seen->attempt = message->attempt;
	seen->proved = message->proved;
	keep(seen->refusal, message->refusal);
}

static bool
is_allowed(const struct fake_broker *fake, const char *user)
{
	const char *const *name = fake->allowed;

	while (*name != NULL && strcmp(*name, user) != 0)
		name++;
	return *name != NULL;
}

static void
decide(struct fake_broker *fake, const struct broker_message *message,
    struct broker_message *answer)
{
	answer->type = BROKER_DECISION;
	if (fake->wants_local_user && !message->login.request.local_asked) {
		answer->wants_local_user = true;
		return;
	}
	answer->allowed = message->proved && message->refusal == NULL &&
	    is_allowed(fake, message->user);
	answer->session = answer->allowed ? fake->next_session++ : 0;
	answer->revision = FAKE_REVISION;
}

/* Nobody but the allowed has that verifier or password. */
static void
reply(struct fake_broker *fake, const struct broker_message *message,
    struct broker_message *answer)
{
	const char *password = message->password;

	*answer = (struct broker_message){ .id = message->id };
	if (message->type == BROKER_LOOKUP || message->type == BROKER_PASSWORD)
		answer->attempt = ++fake->last_attempt;
	if (message->type == fake->failing) {
		answer->type = BROKER_ERROR;
		answer->error = BROKER_E_BUSY;
		answer->text = "much to do";
	} else if (fake->version != 0) {
		answer->version = fake->version;
		answer->type = BROKER_ERROR;
		answer->error = BROKER_E_VERSION;
		answer->text = "another version of the protocol";
	} else if (message->type == BROKER_LOOKUP) {
		answer->type = BROKER_VERIFIER;
		answer->verifier = fake->verifier;
		if (!is_allowed(fake, message->user))
			answer->verifier.stored_key[0] ^= 1;
		if (fake->key_size != 0)
			answer->verifier.key_size = fake->key_size;
	} else if (message->type == BROKER_PASSWORD) {
		answer->type = BROKER_RESULT;
		answer->right = password != NULL &&
		    strcmp(password, fake->password) == 0;
	} else {
		decide(fake, message, answer);
	}
}

/* false: the connection is closed. */
static bool
serve(struct fake_broker *fake, int descriptor)
{
	unsigned char packet[BROKER_MESSAGE_MAX], out[BROKER_MESSAGE_MAX];
	struct broker_message message, answer;
	ssize_t size = recv(descriptor, packet, sizeof(packet), 0);
	size_t length = 0;

	if (size <= 0)
		return false;
	if (broker_decode(&message, packet, (size_t)size) != 0)
		return false;
	pthread_mutex_lock(&fake->mutex);
	note(fake, &message);
	if (message.type != BROKER_END && message.type != fake->silent) {
		reply(fake, &message, &answer);
		length = broker_encode(out, &answer);
	}
	pthread_mutex_unlock(&fake->mutex);
	if (length > 0)
		send(descriptor, out, length, MSG_NOSIGNAL);
	return true;
}

static void
take_connection(struct fake_broker *fake)
{
	int descriptor = accept(fake->descriptors[1], NULL, NULL);

	if (descriptor < 0)
		return;
	if (fake->count == FAKE_CONNECTIONS + 2)
		close(descriptor);
	else
		fake->descriptors[fake->count++] = descriptor;
}

static void *
run(void *context)
{
	struct fake_broker *fake = context;
	struct pollfd polled[FAKE_CONNECTIONS + 2];

	for (;;) {
		unsigned int count = fake->count;

		for (unsigned int i = 0; i < count; i++)
			polled[i] = (struct pollfd){ fake->descriptors[i],
			    POLLIN, 0 };
		if (poll(polled, count, -1) < 0 || polled[0].revents != 0)
			return NULL;
		if (polled[1].revents != 0)
			take_connection(fake);
		for (unsigned int i = count; i-- > 2; ) {
			if (polled[i].revents == 0 ||
			    serve(fake, fake->descriptors[i]))
				continue;
			close(fake->descriptors[i]);
			fake->descriptors[i] =
			    fake->descriptors[--fake->count];
		}
	}
}

void
fake_start(struct fake_broker *fake)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(pipe(fake->wake), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
	unlink(fake->path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	fake->descriptors[0] = fake->wake[0];
	fake->descriptors[1] = listener;
	fake->count = 2;
	pthread_mutex_init(&fake->mutex, NULL);
	assert_int_equal(pthread_create(&fake->thread, NULL, run, fake), 0);
}

void
fake_stop(struct fake_broker *fake)
{
	assert_int_equal(write(fake->wake[1], "", 1), 1);
	pthread_join(fake->thread, NULL);
	for (unsigned int i = 0; i < fake->count; i++)
		close(fake->descriptors[i]);
	close(fake->wake[1]);
	unlink(fake->path);
	pthread_mutex_destroy(&fake->mutex);
}

void
fake_reset(struct fake_broker *fake)
{
	pthread_mutex_lock(&fake->mutex);
	fake->silent = fake->failing = 0;
	fake->wants_local_user = false;
	fake->key_size = 0;
	fake->version = 0;
	memset(fake->asked, 0, sizeof(fake->asked));
	memset(&fake->seen, 0, sizeof(fake->seen));
	fake->first_session = fake->next_session;
	fake->ended_count = 0;
	pthread_mutex_unlock(&fake->mutex);
}

unsigned int
fake_asked(struct fake_broker *fake, enum broker_type type)
{
	unsigned int asked;

	pthread_mutex_lock(&fake->mutex);
	asked = fake->asked[type & 0xff];
	pthread_mutex_unlock(&fake->mutex);
	return asked;
}

unsigned int
fake_ended(struct fake_broker *fake, unsigned int wanted)
{
	unsigned int ended = 0;

	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&fake->mutex);
		ended = fake->ended_count;
		pthread_mutex_unlock(&fake->mutex);
		if (ended >= wanted)
			break;
		usleep(10000);
	}
	return ended;
}
