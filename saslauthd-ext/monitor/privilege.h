/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Dropping of the privileges that the worker does not need, for good. */

#ifndef VMAUTHZD_MONITOR_PRIVILEGE_H
#define VMAUTHZD_MONITOR_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/* Changes to uid and gid, without supplementary groups, without a capability in
 * any set (bounding and ambient ones included), with no_new_privs, without core
 * dumps, not dumpable.  Then checks the result with the kernel, and that no
 * call leads back to root.  If any of this fails, the process ends with
 * EX_OSERR and a line on stderr. */
void privilege_drop(uid_t uid, gid_t gid);

#endif
