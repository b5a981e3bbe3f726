/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Verifiers for users who have none, so that the exchange of an unknown user
 * looks like one with a wrong password (RFC 5802, section 9). */

#ifndef VMAUTHZ_SCRAM_DECOY_H
#define VMAUTHZ_SCRAM_DECOY_H

#include "decide/identity.h"
#include "scram/verifier.h"

enum {
	DECOY_KEY_SIZE = 32,	/* octets */
	DECOY_SHAPES_MAX = 16,
};

/* What a client sees of a verifier before it has proved anything, and how many
 * users have such a verifier for the mechanism. */
struct decoy_shape {
	uint32_t iterations;
	uint32_t salt_size;	/* octets */
	uint64_t users;
};

/* What a decoy is made from.  The shapes are in a fixed order, or the decoy of
 * a name would change between two logins. */
struct decoy_material {
	unsigned char key[DECOY_KEY_SIZE];	/* the policy's secret */
	size_t shape_count;		/* 0: there is no real verifier */
	struct decoy_shape shapes[DECOY_SHAPES_MAX];
};

/* Makes the decoy of user for mechanism: a salt that is always the same for
 * that name, iteration count and salt size distributed like those of the real
 * verifiers, and keys that fit no known password.  Costs the same for every
 * name.  Returns 0, ERROR_VALUE (mechanism, or a shape whose salt size no
 * verifier can have) or ERROR_CRYPTO.  The caller wipes *verifier_r, as a real
 * one. */
int decoy_make(const struct decoy_material *material,
    const struct identity *user, const char *mechanism,
    struct verifier *verifier_r);

#endif
