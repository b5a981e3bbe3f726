/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void
daemon_log(struct daemon *daemon, int priority, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_send(&daemon->log, priority, line);
}

static struct timespec
read_clock(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now;
}

int64_t
daemon_time_ms(void)
{
	struct timespec now = read_clock(CLOCK_REALTIME);

	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
daemon_uptime(void)
{
	return read_clock(CLOCK_BOOTTIME).tv_sec;
}
