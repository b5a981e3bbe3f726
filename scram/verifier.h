/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What a server stores of a password for SCRAM. */

#ifndef VMAUTHZ_SCRAM_VERIFIER_H
#define VMAUTHZ_SCRAM_VERIFIER_H

#include <stddef.h>
#include <stdint.h>

enum {
	VERIFIER_SALT_MAX = 64,	/* octets */
	VERIFIER_KEY_MAX = 64,	/* octets of a StoredKey or ServerKey */
};

/* RFC 5802, section 3. */
struct verifier {
	uint32_t iterations;
	size_t salt_size;
	size_t key_size;
	unsigned char salt[VERIFIER_SALT_MAX];
	unsigned char stored_key[VERIFIER_KEY_MAX];
	unsigned char server_key[VERIFIER_KEY_MAX];
};

#endif
