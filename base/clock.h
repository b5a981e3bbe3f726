/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The clocks.  decide/ reads none: there the time is an argument. */

#ifndef VMAUTHZ_BASE_CLOCK_H
#define VMAUTHZ_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* For deadlines: it can't be set, and stands still while the host sleeps. */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);

/* That clock in ms milliseconds, for pthread_cond_clockwait(3). */
struct timespec clock_monotonic_in(int64_t ms);

/* Since the host was booted: it can't be set, and goes on while the host
 * sleeps. */
int64_t clock_boot_ns(void);
int64_t clock_boot_seconds(void);

/* Unix time; the administrator or NTP may set it back. */
struct timespec clock_unix(void);
int64_t clock_unix_ms(void);

#endif
