/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Creates policy databases. */

#ifndef VMAUTHZ_POLICY_ADMIN_CREATE_H
#define VMAUTHZ_POLICY_ADMIN_CREATE_H

/* Creates a policy database at path, with the tables of policy.sql, no rows
 * and mode 0640 whatever the umask is.  An existing file or symbolic link is
 * never touched.  Returns 0, ERROR_EXISTS, ERROR_MISSING (no folder),
 * ERROR_ACCESS or ERROR_IO; after an error no file is left. */
int create_policy(const char *path);

/* The text of policy.sql (schema/policy/, joined), which the build compiles
 * in. */
extern const char create_schema_sql[];

#endif
