/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The system calls that the worker may make; seccomp(2).  Rules see a call's
 * number and its arguments' values, never what a pointer points to. */

#ifndef VMAUTHZD_WORKER_SECCOMP_H
#define VMAUTHZD_WORKER_SECCOMP_H

/* Filters all threads of this process from now on: any other call fails with
 * EPERM, one that starts a program or looks into another process kills.  Does
 * not return if that can't be had: the process ends with EX_OSERR and a line
 * on stderr. */
void seccomp_install(void);

#endif
