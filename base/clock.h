/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The clocks.  Not for decide/, where the time is an argument. */

#ifndef VMAUTHZ_BASE_CLOCK_H
#define VMAUTHZ_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* For deadlines: nobody sets it, it stands while the host sleeps. */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);

/* So many milliseconds from now on that clock, for pthread_..._clock...(). */
struct timespec clock_monotonic_in(int64_t ms);

/* Since the host's start: nobody sets it, it goes on while the host sleeps. */
int64_t clock_boot_ns(void);
int64_t clock_boot_seconds(void);

/* Unix time; it may be set, and go back. */
int64_t clock_unix_ms(void);

#endif
