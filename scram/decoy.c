/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "scram/decoy.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "scram/scram.h"

/* octets of HMAC-SHA-512: one MAC is long enough for each part of a verifier */
enum { DECOY_MAC_SIZE = 64 };

_Static_assert((int)DECOY_MAC_SIZE >= (int)VERIFIER_SALT_MAX &&
    (int)DECOY_MAC_SIZE >= (int)VERIFIER_KEY_MAX,
    "a MAC is long enough for a salt, and for a key");

/* The MAC of the mechanism and the name, under the policy's key.  A space
 * separates them, and no mechanism's name contains one.  The mechanism is in
 * it, since a real user's salts for two mechanisms differ, too. */
static bool
decoy_mac(const struct decoy_material *material, const char *mechanism,
    const struct identity *user, unsigned char out[DECOY_MAC_SIZE])
{
	char message[IDENTITY_MAX + 128];
	unsigned int size = DECOY_MAC_SIZE;
	int length = snprintf(message, sizeof(message), "%s %s", mechanism,
	    user->text);

	return length > 0 && (size_t)length < sizeof(message) &&
	    HMAC(EVP_sha512(), material->key, sizeof(material->key),
	    (const unsigned char *)message, (size_t)length, out, &size) != NULL;
}

/* The shape at a point between 0 and 1 of the row of all verifiers: each shape
 * covers a part that is proportional to its users.  Without a verifier it is
 * the shape that scram_verifier_make() would give. */
static struct decoy_shape
decoy_pick_shape(const struct decoy_material *material, double point)
{
	struct decoy_shape shape = { SCRAM_ITERATIONS_DEFAULT,
	    SCRAM_SALT_SIZE, 0 };
	double users = 0, passed = 0;

	for (size_t i = 0; i < material->shape_count; i++)
		users += (double)material->shapes[i].users;
	for (size_t i = 0; i < material->shape_count; i++) {
		shape = material->shapes[i];
		passed += (double)shape.users;
		if (point * users < passed)
			break;
	}
	return shape;
}

/* A number from 0 to below 1, evenly distributed as the MAC's octets are. */
static double
decoy_point(const unsigned char bytes[DECOY_MAC_SIZE])
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return (double)value / ((double)UINT32_MAX + 1);
}

int
decoy_make(const struct decoy_material *material, const struct identity *user,
    const char *mechanism, struct verifier *verifier_r)
{
	/* the MAC, and the shape that it selects */
	struct {
		unsigned char keys[DECOY_MAC_SIZE];
		uint32_t iterations, salt_size;
	} seed;
	unsigned char salt[DECOY_MAC_SIZE];
	struct decoy_shape shape;

	memset(verifier_r, 0, sizeof(*verifier_r));
	verifier_r->key_size = scram_key_size(mechanism);
	if (verifier_r->key_size == 0)
		return ERROR_VALUE;
	if (!decoy_mac(material, mechanism, user, seed.keys))
		return ERROR_CRYPTO;
	shape = decoy_pick_shape(material, decoy_point(seed.keys));
	if (shape.salt_size == 0 || shape.salt_size > VERIFIER_SALT_MAX)
		return ERROR_VALUE;

	/* The salt depends on the shape: for a real user, too, a new shape
	 * comes with a new password and so with a new salt.  A hash is enough
	 * instead of a second MAC, because the first one is secret. */
	seed.iterations = shape.iterations;
	seed.salt_size = shape.salt_size;
	if (SHA512((const unsigned char *)&seed, sizeof(seed), salt) == NULL)
		return ERROR_CRYPTO;
	verifier_r->iterations = shape.iterations;
	verifier_r->salt_size = shape.salt_size;
	memcpy(verifier_r->salt, salt, shape.salt_size);
	/* A login needs the ClientKey whose hash is the StoredKey; nobody
	 * knows one for these octets.  The ServerKey is not used before that
	 * succeeds, so it may be the same. */
	memcpy(verifier_r->stored_key, seed.keys, verifier_r->key_size);
	memcpy(verifier_r->server_key, seed.keys, verifier_r->key_size);
	return ERROR_NONE;
}
