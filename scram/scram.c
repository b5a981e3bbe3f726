/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "scram/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <stringprep.h>

/* octets of base64 for size octets, with NUL */
#define BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

const char *const scram_mechanisms[] = {
	"SCRAM-SHA-1",
	"SCRAM-SHA-256",
	"SCRAM-SHA-512",
	NULL
};

static const EVP_MD *
scram_find_digest(const char *mechanism)
{
	/* as scram_mechanisms */
	static const EVP_MD *(*const digests[])(void) = {
		EVP_sha1, EVP_sha256, EVP_sha512,
	};
	_Static_assert(sizeof(digests) + sizeof(char *) ==
	    sizeof(scram_mechanisms), "every mechanism has its hash");

	for (size_t i = 0; scram_mechanisms[i] != NULL; i++) {
		if (strcmp(scram_mechanisms[i], mechanism) == 0)
			return digests[i]();
	}
	return NULL;
}

size_t
scram_key_size(const char *mechanism)
{
	const EVP_MD *digest = scram_find_digest(mechanism);

	return digest != NULL ? (size_t)EVP_MD_get_size(digest) : 0;
}

int
scram_prepare(const char *password, char out[SCRAM_PASSWORD_MAX])
{
	size_t length = strlen(password);

	if (length == 0 || length >= SCRAM_PASSWORD_MAX)
		return ERROR_PASSWORD;
	memcpy(out, password, length + 1);
	/* Prepared before hashing, or a user who types é as one character on
	 * one keyboard and as two on another would fail.  It may become empty
	 * here: SASLprep deletes soft hyphens, for example. */
	if (stringprep(out, SCRAM_PASSWORD_MAX, STRINGPREP_NO_UNASSIGNED,
	    stringprep_saslprep) != STRINGPREP_OK || out[0] == '\0') {
		OPENSSL_cleanse(out, SCRAM_PASSWORD_MAX);
		return ERROR_PASSWORD;
	}
	return ERROR_NONE;
}

static bool
scram_hmac(const EVP_MD *digest, const unsigned char *key, size_t key_size,
    const char *message, unsigned char out[EVP_MAX_MD_SIZE])
{
	return HMAC(digest, key, (int)key_size,
	    (const unsigned char *)message, strlen(message), out, NULL) != NULL;
}

/* SaltedPassword, ClientKey, StoredKey and ServerKey of RFC 5802, section 3.
 * The first two would let anybody log in, so they are wiped. */
static int
scram_derive_keys(const EVP_MD *digest, const char *prepared,
    struct verifier *verifier)
{
	unsigned char salted[EVP_MAX_MD_SIZE], client_key[EVP_MAX_MD_SIZE];
	size_t size = verifier->key_size;
	bool made;

	made = PKCS5_PBKDF2_HMAC(prepared, (int)strlen(prepared),
	    verifier->salt, (int)verifier->salt_size,
	    (int)verifier->iterations, digest, (int)size, salted) == 1 &&
	    scram_hmac(digest, salted, size, "Client Key", client_key) &&
	    EVP_Digest(client_key, size, verifier->stored_key, NULL, digest,
	    NULL) == 1 &&
	    scram_hmac(digest, salted, size, "Server Key",
	    verifier->server_key);
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(client_key, sizeof(client_key));
	return made ? ERROR_NONE : ERROR_CRYPTO;
}

int
scram_verifier_make(const char *mechanism, const char *prepared,
    unsigned int iterations, struct verifier *verifier_r)
{
	const EVP_MD *digest = scram_find_digest(mechanism);
	int rc;

	memset(verifier_r, 0, sizeof(*verifier_r));
	if (digest == NULL || iterations < SCRAM_ITERATIONS_MIN ||
	    iterations > SCRAM_ITERATIONS_MAX)
		return ERROR_VALUE;
	verifier_r->iterations = iterations;
	verifier_r->salt_size = SCRAM_SALT_SIZE;
	verifier_r->key_size = scram_key_size(mechanism);
	rc = RAND_bytes(verifier_r->salt, SCRAM_SALT_SIZE) == 1 ?
	    scram_derive_keys(digest, prepared, verifier_r) : ERROR_CRYPTO;
	if (rc != ERROR_NONE)
		OPENSSL_cleanse(verifier_r, sizeof(*verifier_r));
	return rc;
}

int
scram_verifier_check(const char *mechanism, const char *prepared,
    const struct verifier *verifier)
{
	const EVP_MD *digest = scram_find_digest(mechanism);
	struct verifier made;
	int rc;

	if (digest == NULL || verifier->key_size != scram_key_size(mechanism) ||
	    verifier->salt_size == 0 ||
	    verifier->salt_size > VERIFIER_SALT_MAX ||
	    verifier->iterations == 0 ||
	    verifier->iterations > SCRAM_ITERATIONS_MAX)
		return ERROR_VALUE;
	made = *verifier;
	rc = scram_derive_keys(digest, prepared, &made);
	/* Constant time: how many octets agree must not be measurable. */
	if (rc == ERROR_NONE && CRYPTO_memcmp(made.stored_key,
	    verifier->stored_key, verifier->key_size) != 0)
		rc = ERROR_PASSWORD;
	OPENSSL_cleanse(&made, sizeof(made));
	return rc;
}

int
scram_verifier_text(const char *mechanism,
    const struct verifier *verifier, char out[SCRAM_TEXT_MAX])
{
	unsigned char salt[BASE64_SIZE(VERIFIER_SALT_MAX)];
	unsigned char stored_key[BASE64_SIZE(VERIFIER_KEY_MAX)];
	unsigned char server_key[BASE64_SIZE(VERIFIER_KEY_MAX)];
	int length;

	if (verifier->salt_size == 0 ||
	    verifier->salt_size > VERIFIER_SALT_MAX ||
	    verifier->key_size == 0 ||
	    verifier->key_size != scram_key_size(mechanism))
		return ERROR_VALUE;
	EVP_EncodeBlock(salt, verifier->salt, (int)verifier->salt_size);
	EVP_EncodeBlock(stored_key, verifier->stored_key,
	    (int)verifier->key_size);
	EVP_EncodeBlock(server_key, verifier->server_key,
	    (int)verifier->key_size);
	length = snprintf(out, SCRAM_TEXT_MAX, "%s$%u:%s$%s:%s", mechanism,
	    verifier->iterations, salt, stored_key, server_key);
	OPENSSL_cleanse(stored_key, sizeof(stored_key));
	OPENSSL_cleanse(server_key, sizeof(server_key));
	return length > 0 && length < SCRAM_TEXT_MAX ? ERROR_NONE :
	    ERROR_VALUE;
}
