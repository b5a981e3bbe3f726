/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* New policy databases. */

#ifndef VMAUTHZ_POLICY_ADMIN_CREATE_H
#define VMAUTHZ_POLICY_ADMIN_CREATE_H

/* Creates a new policy database at path (mode 0640, schema loaded).  A file
 * that is there already is never touched: ERROR_EXISTS. */
int create_policy(const char *path);

/* The text of policy.sql that this build carries (schema/policy/, joined). */
extern const char create_schema_sql[];

#endif
