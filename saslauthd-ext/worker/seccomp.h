/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The filter of the worker's system calls, seccomp(2).  Rules see a call's
 * number and the values of its arguments, but no memory behind a pointer. */

#ifndef VMAUTHZD_WORKER_SECCOMP_H
#define VMAUTHZD_WORKER_SECCOMP_H

/* Filters the system calls of all threads of this process, for good.  A call
 * that is not allowed fails with EPERM.  One that starts a program or reaches
 * into another process kills this one.  If the filter can't be installed, the
 * process ends with EX_OSERR and a line on stderr. */
void seccomp_install(void);

#endif
