/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* bench-writer FILE PER_SECOND SECONDS: an administrator who never rests:
 * changes comments in a policy, one transaction each, evenly spaced.  Writes
 * the number of changes that were committed, and the longest that one took,
 * in nanoseconds: that much a disk keeps readers out. */

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/measure.h"

static const char *const changes[] = {
	"UPDATE grants SET comment = hex(randomblob(8))"
	    " WHERE id = (SELECT min(id) FROM grants)",
	"UPDATE users SET comment = hex(randomblob(8))"
	    " WHERE name = (SELECT min(name) FROM users)",
	"UPDATE vms SET comment = hex(randomblob(8))"
	    " WHERE name = (SELECT max(name) FROM vms)",
};

static void
wait_until(int64_t when)
{
	const struct timespec time = {
		.tv_sec = when / 1000000000,
		.tv_nsec = when % 1000000000,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

int
main(int argc, char **argv)
{
	const size_t kinds = sizeof(changes) / sizeof(changes[0]);
	int per_second = argc == 4 ? atoi(argv[2]) : 0;
	int seconds = argc == 4 ? atoi(argv[3]) : 0;
	int64_t start = bench_now();
	sqlite3 *handle = NULL;
	int64_t done = 0, slowest = 0;

	if (per_second < 1 || seconds < 1) {
		fputs("usage: bench-writer FILE PER_SECOND SECONDS\n", stderr);
		return 2;
	}
	if (sqlite3_open_v2(argv[1], &handle, SQLITE_OPEN_READWRITE,
	    NULL) != SQLITE_OK)
		return 1;
	sqlite3_busy_timeout(handle, 1000);
	for (int64_t i = 0; i < (int64_t)per_second * seconds; i++) {
		int64_t begin;

		wait_until(start + i * 1000000000 / per_second);
		begin = bench_now();
		if (sqlite3_exec(handle, changes[(size_t)i % kinds], NULL,
		    NULL, NULL) == SQLITE_OK)
			done++;
		else
			fprintf(stderr, "bench-writer: %s\n",
			    sqlite3_errmsg(handle));
		if (bench_now() - begin > slowest)
			slowest = bench_now() - begin;
	}
	sqlite3_close(handle);
	printf("%" PRId64 " %" PRId64 "\n", done, slowest);
	return 0;
}
