/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/bench/measure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool
parse_count(const char *text, uint64_t *count_r)
{
	char *end;

	errno = 0;
	*count_r = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
	    *count_r >= 1 && *count_r <= 100000000;
}

bool
bench_layout_parse(struct bench_layout *layout, int argc, char **argv)
{
	if (argc < 3 || argc > 4 || !parse_count(argv[0], &layout->users) ||
	    !parse_count(argv[1], &layout->vms) ||
	    !parse_count(argv[2], &layout->grants))
		return false;
	layout->sets = argc == 4;
	return !layout->sets || strcmp(argv[3], "sets") == 0;
}

/* At least one, and the last one may be short of members. */
static uint64_t
sets_of(uint64_t members)
{
	return (members + BENCH_SET_SIZE - 1) / BENCH_SET_SIZE;
}

uint64_t
bench_groups(const struct bench_layout *layout)
{
	return layout->sets ? sets_of(layout->users) : 0;
}

uint64_t
bench_pools(const struct bench_layout *layout)
{
	return layout->sets ? sets_of(layout->vms - bench_vms_direct(layout)) :
	    0;
}

uint64_t
bench_vms_direct(const struct bench_layout *layout)
{
	if (!layout->sets || layout->vms < 2)
		return layout->vms;
	return layout->vms < 10 ? layout->vms - 1 :
	    layout->vms - layout->vms / 10;
}

/* A user's grants name VMs that follow each other. */
struct bench_pair
bench_granted(const struct bench_layout *layout, uint64_t g)
{
	uint64_t user = g % layout->grants % layout->users;
	uint64_t nth = g % layout->grants / layout->users;

	return (struct bench_pair){
		.user = user,
		.vm = (user + nth) % bench_vms_direct(layout),
	};
}

struct bench_pair
bench_refused(const struct bench_layout *layout, uint64_t i)
{
	uint64_t direct = bench_vms_direct(layout);
	uint64_t each = (layout->grants + layout->users - 1) / layout->users;
	uint64_t user = i % layout->users;

	if (each >= direct)
		user += layout->users;
	return (struct bench_pair){ user, (user + each) % direct };
}

/* The group of number n gets the pool n modulo their number. */
struct bench_pair
bench_member(const struct bench_layout *layout, uint64_t i)
{
	uint64_t direct = bench_vms_direct(layout);
	uint64_t user = i % layout->users;
	uint64_t pool = user / BENCH_SET_SIZE % bench_pools(layout);
	uint64_t first = direct + pool * BENCH_SET_SIZE;
	uint64_t left = layout->vms - first;

	return (struct bench_pair){
		.user = user,
		.vm = first + i % (left < BENCH_SET_SIZE ? left :
		    BENCH_SET_SIZE),
	};
}

void
bench_user_name(char out[BENCH_NAME_MAX], uint64_t user)
{
	snprintf(out, BENCH_NAME_MAX, "u%07" PRIu64 "@" BENCH_REALM, user);
}

void
bench_vm_name(char out[BENCH_NAME_MAX], uint64_t vm)
{
	snprintf(out, BENCH_NAME_MAX, "vm%05" PRIu64, vm);
}

int64_t
bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t
bench_median(int64_t *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}
