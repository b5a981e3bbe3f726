/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Giving up what the worker doesn't need, once and for all. */

#ifndef VMAUTHZD_MONITOR_PRIVILEGE_H
#define VMAUTHZD_MONITOR_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/* Becomes uid and gid with no other group, no capability in any set (bounding
 * and ambient ones too), no new privileges, not dumpable; then tries to get
 * back and looks at what the kernel says.  Does not return if anything of that
 * fails: the process ends with EX_OSERR and a line on stderr. */
void privilege_drop(uid_t uid, gid_t gid);

#endif
