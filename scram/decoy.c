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

/* octets of HMAC-SHA-512 */
enum { MAC_SIZE = 64 };

_Static_assert((int)MAC_SIZE >= (int)VERIFIER_SALT_MAX &&
    (int)MAC_SIZE >= (int)VERIFIER_KEY_MAX,
    "a MAC is long enough for a salt, and for a key");

/* What is authenticated: the mechanism and the name. */
static bool
mac(const struct decoy_material *material, const char *mechanism,
    const struct identity *user, unsigned char out[MAC_SIZE])
{
	char message[IDENTITY_MAX + 128];
	unsigned int size = MAC_SIZE;
	int length = snprintf(message, sizeof(message), "%s %s", mechanism,
	    user->text);

	return length > 0 && (size_t)length < sizeof(message) &&
	    HMAC(EVP_sha512(), material->key, sizeof(material->key),
	    (const unsigned char *)message, (size_t)length, out, &size) != NULL;
}

/* The shape at a point between 0 and 1 when all verifiers stand in a row. */
static struct decoy_shape
pick_shape(const struct decoy_material *material, double point)
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

static double
as_point(const unsigned char bytes[MAC_SIZE])
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return (double)value / ((double)UINT32_MAX + 1);
}

int
decoy_make(const struct decoy_material *material, const struct identity *user,
    const char *mechanism, struct verifier *verifier_r)
{
	/* the MAC, and what its shape comes to */
	struct {
		unsigned char keys[MAC_SIZE];
		uint32_t iterations, salt_size;
	} seed;
	unsigned char salt[MAC_SIZE];
	struct decoy_shape shape;

	memset(verifier_r, 0, sizeof(*verifier_r));
	verifier_r->key_size = scram_key_size(mechanism);
	if (verifier_r->key_size == 0)
		return ERROR_VALUE;
	if (!mac(material, mechanism, user, seed.keys))
		return ERROR_CRYPTO;
	shape = pick_shape(material, as_point(seed.keys));
	if (shape.salt_size == 0 || shape.salt_size > VERIFIER_SALT_MAX)
		return ERROR_VALUE;

	/* A new shape brings a new salt, as a new password does.  Nobody
	 * outside knows the MAC, so its hash serves as a second one. */
	seed.iterations = shape.iterations;
	seed.salt_size = shape.salt_size;
	if (SHA512((const unsigned char *)&seed, sizeof(seed), salt) == NULL)
		return ERROR_CRYPTO;
	verifier_r->iterations = shape.iterations;
	verifier_r->salt_size = shape.salt_size;
	memcpy(verifier_r->salt, salt, shape.salt_size);
	/* no client key is known whose hash this would be */
	memcpy(verifier_r->stored_key, seed.keys, verifier_r->key_size);
	memcpy(verifier_r->server_key, seed.keys, verifier_r->key_size);
	return ERROR_NONE;
}
