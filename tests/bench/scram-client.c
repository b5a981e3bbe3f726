/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/bench/scram-client.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
scram_client_begin(struct scram_client *client, const char *user)
{
	int header = snprintf(client->first, sizeof(client->first), "n,%s%s,",
	    client->authzid ? "a=" : "", client->authzid ? user : "");

	client->bare = client->first + header;
	snprintf(client->first + header, sizeof(client->first) -
	    (size_t)header, "n=%s,r=fyko+d2lbbFgONRv9qkxdawL", user);
}

static bool
mac(const void *key, const char *text, unsigned char out[SCRAM_CLIENT_KEY_SIZE])
{
	unsigned int size = SCRAM_CLIENT_KEY_SIZE;

	return HMAC(EVP_sha256(), key, SCRAM_CLIENT_KEY_SIZE,
	    (const unsigned char *)text, strlen(text), out, &size) != NULL;
}

/* From "s=<base64>,i=<count>". */
static bool
make_keys(struct scram_client *client, const char *salted)
{
	unsigned char salt[SCRAM_CLIENT_MESSAGE_MAX];
	unsigned char key[SCRAM_CLIENT_KEY_SIZE];
	const char *end = strstr(salted, ",i=");
	int length, size;

	if (strncmp(salted, "s=", 2) != 0 || end == NULL || end < salted + 6)
		return false;
	length = (int)(end - salted - 2);
	size = EVP_DecodeBlock(salt, (const unsigned char *)salted + 2, length);
	if (size < 0)
		return false;
	for (int i = 1; i <= 2 && end[-i] == '='; i++)
		size--;
	if (PKCS5_PBKDF2_HMAC(client->password, -1, salt, size, atoi(end + 3),
	    EVP_sha256(), sizeof(key), key) != 1 ||
	    !mac(key, "Client Key", client->client_key))
		return false;
	SHA256(client->client_key, sizeof(client->client_key),
	    client->stored_key);
	strcpy(client->salted, salted);
	return true;
}

bool
scram_client_answer(struct scram_client *client, const char *server,
    unsigned int length)
{
	char first[SCRAM_CLIENT_MESSAGE_MAX], message[4 * sizeof(first)];
	unsigned char proof[SCRAM_CLIENT_KEY_SIZE], header[256], text[64];
	int header_length = (int)(client->bare - client->first);
	const char *salted;

	if (server == NULL || length >= sizeof(first) ||
	    header_length >= (int)sizeof(header) * 3 / 4 - 3)
		return false;
	memcpy(first, server, length);
	first[length] = '\0';
	salted = strstr(first, ",s=");
	if (salted == NULL || (strcmp(salted + 1, client->salted) != 0 &&
	    !make_keys(client, salted + 1)))
		return false;
	EVP_EncodeBlock(header, (const unsigned char *)client->first,
	    header_length);
	snprintf(client->final, sizeof(client->final), "c=%s,%.*s",
	    (const char *)header, (int)(salted - first), first);
	snprintf(message, sizeof(message), "%s,%s,%s", client->bare, first,
	    client->final);
	if (!mac(client->stored_key, message, proof))
		return false;
	for (size_t i = 0; i < sizeof(proof); i++)
		proof[i] ^= client->client_key[i];
	EVP_EncodeBlock(text, proof, sizeof(proof));
	if (strlen(client->final) + 3 + strlen((const char *)text) >=
	    sizeof(client->final))
		return false;
	strcat(client->final, ",p=");
	strcat(client->final, (const char *)text);
	return true;
}
