/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/clock.h"

enum { CLOCK_NS_PER_MS = 1000000, CLOCK_NS_PER_SECOND = 1000000000 };

/* Linux has had all of these clocks since 2.6.39, so that clock_gettime(2)
 * can't fail for any of them. */
static int64_t
clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * CLOCK_NS_PER_SECOND + now.tv_nsec;
}

int64_t
clock_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / CLOCK_NS_PER_MS;
}

struct timespec
clock_monotonic_in(int64_t ms)
{
	int64_t then = clock_monotonic_ns() + ms * CLOCK_NS_PER_MS;

	return (struct timespec){
		.tv_sec = (time_t)(then / CLOCK_NS_PER_SECOND),
		.tv_nsec = (long)(then % CLOCK_NS_PER_SECOND),
	};
}

int64_t
clock_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int64_t
clock_boot_seconds(void)
{
	return clock_boot_ns() / CLOCK_NS_PER_SECOND;
}

struct timespec
clock_unix(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

int64_t
clock_unix_ms(void)
{
	return clock_ns(CLOCK_REALTIME) / CLOCK_NS_PER_MS;
}
