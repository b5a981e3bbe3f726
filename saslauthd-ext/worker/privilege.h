/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Giving up what the worker doesn't need, once and for all. */

#ifndef VMAUTHZD_WORKER_PRIVILEGE_H
#define VMAUTHZD_WORKER_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/* Becomes uid and gid with no other group, no capability in any set (bounding
 * and ambient ones too), no new privileges, not dumpable; then tries to get
 * back and looks at what the kernel says.  Does not return if anything of that
 * fails: the process ends with EX_OSERR and a line on stderr. */
void privilege_drop(uid_t uid, gid_t gid);

/* From now on only the system calls that the worker needs; any other fails
 * with EPERM, one that starts a program or looks into another process kills.
 * Does not return if that can't be had. */
void seccomp_install(void);

#endif
