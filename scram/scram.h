/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* SCRAM verifiers (RFC 5802, RFC 7677): made from a password, made up for a
 * decoy, written as Cyrus SASL's authPassword property. */

#ifndef VMAUTHZ_SCRAM_SCRAM_H
#define VMAUTHZ_SCRAM_SCRAM_H

#include <stddef.h>

#include "base/error.h"
#include "scram/verifier.h"

enum {
	SCRAM_ITERATIONS_MIN = 4096,	/* RFC 5802, and Cyrus clients */
	SCRAM_ITERATIONS_MAX = 65536,	/* Cyrus clients refuse more */
	SCRAM_ITERATIONS_DEFAULT = 10000,
	SCRAM_SALT_SIZE = 16,		/* octets of a new salt */
	SCRAM_TEXT_MAX = 384,		/* octets of authPassword, with NUL */
	SCRAM_PASSWORD_MAX = 1024,	/* octets when prepared, with NUL */
};

/* The mechanisms that the policy can hold verifiers for, NULL terminated:
 * "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512". */
extern const char *const scram_mechanisms[];

/* The size in octets of the mechanism's hash, 0 if it is none of the above. */
size_t scram_key_size(const char *mechanism);

/* SASLprep (RFC 4013) of a NUL terminated UTF-8 password, as a stored string:
 * unassigned code points are refused.  Writes at most SCRAM_PASSWORD_MAX
 * octets with the NUL.  Returns 0, or ERROR_PASSWORD (not UTF-8, prohibited,
 * empty, too long) with out wiped.  The caller wipes out after use. */
int scram_prepare(const char *password, char out[SCRAM_PASSWORD_MAX]);

/* Makes a verifier of a prepared password with a fresh random salt.  Returns
 * 0, or ERROR_VALUE (mechanism or iterations) or ERROR_CRYPTO with *verifier_r
 * cleared.  The caller wipes it: who has it can try passwords offline. */
int scram_verifier_make(const char *mechanism, const char *prepared,
    unsigned int iterations, struct verifier *verifier_r);

/* Checks a prepared password against a verifier.  Returns 0 if it is right,
 * ERROR_PASSWORD if it is wrong, ERROR_VALUE (unknown mechanism, or sizes or
 * iterations that no verifier for it has) or ERROR_CRYPTO.  Takes as long for
 * a wrong password as for a right one. */
int scram_verifier_check(const char *mechanism, const char *prepared,
    const struct verifier *verifier);

/* Writes "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>" with
 * base64 parts, NUL terminated.  Returns 0 or ERROR_VALUE. */
int scram_verifier_text(const char *mechanism,
    const struct verifier *verifier, char out[SCRAM_TEXT_MAX]);

#endif
