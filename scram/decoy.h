/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Verifiers for users who have none, so that an unknown user's exchange looks
 * like a wrong password's (RFC 5802, section 9, asks for no less). */

#ifndef VMAUTHZ_SCRAM_DECOY_H
#define VMAUTHZ_SCRAM_DECOY_H

#include "policy/policy.h"

/* Makes the decoy of user for mechanism: a salt that is always the same for
 * that name, iteration count and salt size as often the ones of real
 * verifiers as those are, and keys that fit no password.  Costs the same for
 * every name.  Returns 0, POLICY_E_VALUE (mechanism) or POLICY_E_CRYPTO. */
int decoy_make(const struct policy_lookup *lookup,
    const struct identity *user, const char *mechanism,
    struct policy_verifier *verifier_r);

#endif
