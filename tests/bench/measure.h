/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the bench programs share: the shape of a made-up policy, so that the
 * program that fills it and those that ask it agree on who may open what, and
 * a clock. */

#ifndef VMAUTHZ_TESTS_BENCH_MEASURE_H
#define VMAUTHZ_TESTS_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_REALM "example.org"
#define BENCH_PASSWORD "correct horse"
#define BENCH_NAME_MAX 64	/* octets of any name below, with NUL */

enum { BENCH_SET_SIZE = 100 };	/* users of a group, VMs of a pool */

/* Counts of rows.  Grant g names user g % users.  With sets, the last tenth
 * of the VMs is granted to groups alone, as pools. */
struct bench_layout {
	uint64_t users, vms, grants;
	bool sets;
};

/* One user and one VM. */
struct bench_pair {
	uint64_t user, vm;
};

/* Reads "USERS VMS GRANTS [sets]", each at least 1.  False if it is something
 * else. */
bool bench_layout_parse(struct bench_layout *layout, int argc, char **argv);

/* The number of groups, of pools, and the first VM that is granted through
 * pools only (all VMs: none is). */
uint64_t bench_groups(const struct bench_layout *layout);
uint64_t bench_pools(const struct bench_layout *layout);
uint64_t bench_vms_direct(const struct bench_layout *layout);

/* The pair of grant number g, a pair that no grant names (there is none if
 * everybody may open everything, then that of a user who doesn't exist), and
 * one that is granted through a group and a pool (sets only). */
struct bench_pair bench_granted(const struct bench_layout *layout, uint64_t g);
struct bench_pair bench_refused(const struct bench_layout *layout, uint64_t i);
struct bench_pair bench_member(const struct bench_layout *layout, uint64_t i);

/* "u0000042@example.org" and "vm00042" */
void bench_user_name(char out[BENCH_NAME_MAX], uint64_t user);
void bench_vm_name(char out[BENCH_NAME_MAX], uint64_t vm);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t bench_now(void);

/* The median of count values, which get sorted; 0 for none. */
int64_t bench_median(int64_t *values, size_t count);

#endif
