/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/recent_password.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum {
	RECENT_KEY_SIZE = 32,	/* octets: the digest's, RFC 2104 section 3 */
	RECENT_WORDS = RECENT_PASSWORD_TAG_SIZE / sizeof(uint64_t),
};

struct entry {
	uint64_t tag[RECENT_WORDS];
	int64_t until;
};

struct recent_password {
	unsigned char key[RECENT_KEY_SIZE];
	EVP_MAC *mac;
	size_t count;
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
	recent->count = 0;
}

/* Hashes a text with its length in front, so that "ab" and "c" have another tag
 * than "a" and "bc". */
static bool
recent_password_hash_text(EVP_MAC_CTX *context, const char *text)
{
	uint64_t length = strlen(text);

	return EVP_MAC_update(context, (const unsigned char *)&length,
	    sizeof(length)) == 1 &&
	    EVP_MAC_update(context, (const unsigned char *)text,
	    (size_t)length) == 1;
}

int
recent_password_tag(const struct recent_password *recent,
    const struct recent_password_key *key,
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
	    recent_password_hash_text(context, key->vm) &&
	    recent_password_hash_text(context, key->user) &&
	    recent_password_hash_text(context, key->client) &&
	    recent_password_hash_text(context, key->password) &&
	    EVP_MAC_final(context, tag_r, &size,
	    RECENT_PASSWORD_TAG_SIZE) == 1 &&
	    size == RECENT_PASSWORD_TAG_SIZE;
	EVP_MAC_CTX_free(context);
	return made ? ERROR_NONE : ERROR_CRYPTO;
}

/* Compares all entries with the tag, word by word without an early end, so that
 * the time does not depend on where the tag is or how much of it matches.  With
 * a full set this takes some microseconds. */
static struct entry *
recent_password_find(struct recent_password *recent, const unsigned char *tag)
{
	struct entry *found = NULL;
	uint64_t wanted[RECENT_WORDS], differ;

	memcpy(wanted, tag, sizeof(wanted));
	for (size_t i = 0; i < recent->count; i++) {
		differ = 0;
		for (size_t j = 0; j < RECENT_WORDS; j++)
			differ |= recent->entry[i].tag[j] ^ wanted[j];
		if (differ == 0)
			found = &recent->entry[i];
	}
	return found;
}

/* Returns a free entry, or the one that ends first.  Entries past their end
 * stay until then: recent_password_has() compares the time. */
static struct entry *
recent_password_new_entry(struct recent_password *recent)
{
	struct entry *first = recent->entry;

	if (recent->count < RECENT_PASSWORD_MAX)
		return &recent->entry[recent->count++];
	for (size_t i = 1; i < recent->count; i++) {
		if (recent->entry[i].until < first->until)
			first = &recent->entry[i];
	}
	return first;
}

void
recent_password_add(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t until)
{
	struct entry *entry = recent_password_find(recent, tag);

	if (until <= 0 || (entry != NULL && entry->until >= until))
		return;
	if (entry == NULL)
		entry = recent_password_new_entry(recent);
	memcpy(entry->tag, tag, sizeof(entry->tag));
	entry->until = until;
}

bool
recent_password_has(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t now)
{
	const struct entry *entry = recent_password_find(recent, tag);

	return entry != NULL && entry->until > now;
}
