/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Verifiers for users who have none, so that an unknown user's exchange looks
 * like a wrong password's (RFC 5802, section 9, asks for no less). */

#ifndef VMAUTHZ_SCRAM_DECOY_H
#define VMAUTHZ_SCRAM_DECOY_H

#include "decide/identity.h"
#include "scram/verifier.h"

enum {
	DECOY_KEY_SIZE = 32,	/* octets */
	DECOY_SHAPES_MAX = 16,
};

/* How many verifiers of the mechanism look alike from outside. */
struct decoy_shape {
	uint32_t iterations;
	uint32_t salt_size;	/* octets */
	uint64_t users;
};

/* What a decoy is made from. */
struct decoy_material {
	unsigned char key[DECOY_KEY_SIZE];
	size_t shape_count;		/* 0: there is no real verifier */
	struct decoy_shape shapes[DECOY_SHAPES_MAX];	/* in a fixed order */
};

/* Makes the decoy of user for mechanism: a salt that is always the same for
 * that name, iteration count and salt size as often the ones of real
 * verifiers as those are, and keys that fit no password.  Costs the same for
 * every name.  Returns 0, ERROR_VALUE (mechanism) or ERROR_CRYPTO. */
int decoy_make(const struct decoy_material *material,
    const struct identity *user, const char *mechanism,
    struct verifier *verifier_r);

#endif
