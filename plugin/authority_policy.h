/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The authority that is the policy, in its database. */

#ifndef VMAUTHZ_PLUGIN_AUTHORITY_POLICY_H
#define VMAUTHZ_PLUGIN_AUTHORITY_POLICY_H

#include "plugin/authority.h"

/* The policy in the database at path, which is opened when it is needed.
 * Returns 0 or ERROR_MEMORY. */
int authority_policy_new(struct authority **authority_r, const char *path);

#endif
