/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/recent_password.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { KEY_SIZE = 32, BUCKETS = 1024 };

struct entry {
	unsigned char tag[RECENT_PASSWORD_TAG_SIZE];
	int64_t until;		/* 0: free */
	int next;		/* in its bucket, -1: the last */
};

struct recent_password {
	unsigned char key[KEY_SIZE];
	EVP_MAC *mac;
	int bucket[BUCKETS];	/* the first of each, -1: none */
	struct entry entry[RECENT_PASSWORD_MAX];
};

int
recent_password_new(struct recent_password **recent_r)
{
	struct recent_password *recent = calloc(1, sizeof(*recent));

	*recent_r = NULL;
	if (recent == NULL)
		return ERROR_MEMORY;
	recent->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (recent->mac == NULL ||
	    RAND_bytes(recent->key, sizeof(recent->key)) != 1) {
		recent_password_free(&recent);
		return ERROR_CRYPTO;
	}
	recent_password_forget_all(recent);
	*recent_r = recent;
	return ERROR_NONE;
}

void
recent_password_free(struct recent_password **recent)
{
	if (*recent == NULL)
		return;
	EVP_MAC_free((*recent)->mac);
	OPENSSL_cleanse(*recent, sizeof(**recent));
	free(*recent);
	*recent = NULL;
}

void
recent_password_forget_all(struct recent_password *recent)
{
	memset(recent->entry, 0, sizeof(recent->entry));
	for (int i = 0; i < BUCKETS; i++)
		recent->bucket[i] = -1;
}

/* The length in front keeps "ab" and "c" apart from "a" and "bc". */
static bool
add_text(EVP_MAC_CTX *context, const char *text)
{
	uint64_t length = strlen(text);

	return EVP_MAC_update(context, (const unsigned char *)&length,
	    sizeof(length)) == 1 &&
	    EVP_MAC_update(context, (const unsigned char *)text,
	    (size_t)length) == 1;
}

int
recent_password_tag(const struct recent_password *recent, const struct recent_password_key *key,
    unsigned char tag_r[RECENT_PASSWORD_TAG_SIZE])
{
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(recent->mac);
	size_t size;
	bool made;

	made = context != NULL && EVP_MAC_init(context, recent->key,
	    sizeof(recent->key), parameters) == 1 &&
	    add_text(context, key->vm) && add_text(context, key->user) &&
	    add_text(context, key->client) &&
	    add_text(context, key->password) &&
	    EVP_MAC_final(context, tag_r, &size, RECENT_PASSWORD_TAG_SIZE) == 1 &&
	    size == RECENT_PASSWORD_TAG_SIZE;
	EVP_MAC_CTX_free(context);
	return made ? ERROR_NONE : ERROR_CRYPTO;
}

/* A tag is as good as random already. */
static int *
bucket_of(struct recent_password *recent, const unsigned char *tag)
{
	return &recent->bucket[((unsigned int)tag[0] << 8 | tag[1]) % BUCKETS];
}

static int *
find(struct recent_password *recent, const unsigned char *tag)
{
	int *at = bucket_of(recent, tag);

	while (*at >= 0 && CRYPTO_memcmp(recent->entry[*at].tag, tag,
	    RECENT_PASSWORD_TAG_SIZE) != 0)
		at = &recent->entry[*at].next;
	return at;
}

static void
drop(struct recent_password *recent, struct entry *entry)
{
	int *at;

	if (entry->until == 0)
		return;
	at = find(recent, entry->tag);
	if (*at >= 0)
		*at = entry->next;
	memset(entry, 0, sizeof(*entry));
}

/* A free entry, or the one that ends first. */
static int
oldest(const struct recent_password *recent)
{
	int found = 0;

	for (int i = 1; i < RECENT_PASSWORD_MAX; i++) {
		if (recent->entry[i].until < recent->entry[found].until)
			found = i;
	}
	return found;
}

void
recent_password_add(struct recent_password *recent, const unsigned char tag[RECENT_PASSWORD_TAG_SIZE],
    int64_t until)
{
	int *at = find(recent, tag), index;
	struct entry *entry;

	if (until <= 0)
		return;
	if (*at >= 0) {
		if (recent->entry[*at].until < until)
			recent->entry[*at].until = until;
		return;
	}
	index = oldest(recent);
	entry = &recent->entry[index];
	drop(recent, entry);
	memcpy(entry->tag, tag, RECENT_PASSWORD_TAG_SIZE);
	entry->until = until;
	at = bucket_of(recent, tag);
	entry->next = *at;
	*at = index;
}

bool
recent_password_has(struct recent_password *recent, const unsigned char tag[RECENT_PASSWORD_TAG_SIZE],
    int64_t now)
{
	int index = *find(recent, tag);

	return index >= 0 && recent->entry[index].until > now;
}
