/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677) without libsasl2:
 * what PBKDF2 comes to is kept, so that a hundred thousand logins of users
 * with the same password and salt take no longer than the server's half. */

#ifndef VMAUTHZ_TESTS_BENCH_SCRAM_CLIENT_H
#define VMAUTHZ_TESTS_BENCH_SCRAM_CLIENT_H

#include <stdbool.h>

enum {
	SCRAM_CLIENT_MESSAGE_MAX = 512,	/* octets, with NUL */
	SCRAM_CLIENT_KEY_SIZE = 32,
};

struct scram_client {
	const char *password;
	bool authzid;			/* send it, as spice-gtk does */
	/* of the present login */
	char first[SCRAM_CLIENT_MESSAGE_MAX];
	char final[SCRAM_CLIENT_MESSAGE_MAX];
	const char *bare;		/* within first */
	/* the keys that belong to "s=...,i=..." */
	char salted[SCRAM_CLIENT_MESSAGE_MAX];
	unsigned char client_key[SCRAM_CLIENT_KEY_SIZE];
	unsigned char stored_key[SCRAM_CLIENT_KEY_SIZE];
};

/* Writes client->first for user. */
void scram_client_begin(struct scram_client *client, const char *user);

/* Writes client->final, the answer to the server's first message.  False if
 * that makes no sense. */
bool scram_client_answer(struct scram_client *client, const char *server,
    unsigned int length);

#endif
