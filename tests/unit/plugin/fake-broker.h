/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A daemon behind the socket "broker", on a thread of the test: it knows one
 * password and one verifier, and lets in those whom it is told to. */

#ifndef VMAUTHZ_TESTS_UNIT_PLUGIN_FAKE_BROKER_H
#define VMAUTHZ_TESTS_UNIT_PLUGIN_FAKE_BROKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/message.h"

enum { FAKE_CONNECTIONS = 8, FAKE_TEXT = 256, FAKE_ENDED = 64,
	FAKE_REVISION = 77 };

/* What the last question with a login told. */
struct fake_seen {
	char user[FAKE_TEXT];
	char mechanism[FAKE_TEXT];
	char service[FAKE_TEXT];
	char client[FAKE_TEXT];
	uint16_t port;
	bool local_asked;
	uint64_t attempt;
	bool proved;
	char refusal[FAKE_TEXT];
};

struct fake_broker {
	const char *path;
	pthread_t thread;
	int wake[2];
	int descriptors[FAKE_CONNECTIONS + 2];	/* wake, listener, the rest */
	unsigned int count;

	pthread_mutex_t mutex;	/* for what follows */
	_Atomic enum broker_type silent;	/* on such questions; 0: none */
	enum broker_type failing;	/* an ERROR to these */
	bool wants_local_user;
	uint8_t version;	/* of the daemon, if it is another; 0 */
	size_t key_size;		/* instead of the verifier's own; 0 */
	const char *const *allowed;	/* users, NULL at the end */
	const char *password;
	struct verifier verifier;
	uint64_t next_session, first_session;
	uint64_t last_attempt;
	unsigned int asked[256];	/* by type */
	struct fake_seen seen;
	uint64_t ended[FAKE_ENDED];
	unsigned int ended_count;
};

/* Listens at fake->path until it is stopped. */
void fake_start(struct fake_broker *fake);
void fake_stop(struct fake_broker *fake);

/* Forgets what it has seen, and is in a good mood again. */
void fake_reset(struct fake_broker *fake);

unsigned int fake_asked(struct fake_broker *fake, enum broker_type type);

/* Waits ten seconds at most until that many sessions have ended; how many
 * have. */
unsigned int fake_ended(struct fake_broker *fake, unsigned int wanted);

#endif
