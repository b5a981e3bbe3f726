/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* bench-decide KIND DECISIONS FILE USERS VMS GRANTS [sets]: asks the policy
 * that make-policy filled.  KIND is granted, refused or member.  Writes the
 * median time of a decision, and the slowest, in nanoseconds, and how many
 * came out wrong. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "tests/bench/measure.h"

static const struct kind {
	const char *name;
	struct bench_pair (*pair)(const struct bench_layout *layout,
	    uint64_t i);
	enum verdict outcome;
} kinds[] = {
	{ "granted", bench_granted, VERDICT_ALLOW },
	{ "refused", bench_refused, VERDICT_DENY },
	{ "member", bench_member, VERDICT_ALLOW },
};

static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

struct result {
	int64_t *times;
	uint64_t wrong;
};

/* A process decides for one VM, but for many users. */
static void
decide(const struct kind *kind, const struct bench_layout *layout,
    struct policy *policy, uint64_t count, struct result *result)
{
	char user[BENCH_NAME_MAX], vm[BENCH_NAME_MAX];
	struct decision decision;
	struct identity identity;

	for (uint64_t i = 0; i < count; i++) {
		/* a prime, so that neighbours on a page don't follow */
		struct bench_pair pair = kind->pair(layout, i * 7919);
		struct request request = {
			.user = &identity,
			.vm = { .name = vm },
			.service = "spice",
		};
		int64_t start;

		bench_user_name(user, pair.user);
		bench_vm_name(vm, pair.vm);
		identity_parse(&identity, user, strlen(user), BENCH_REALM);
		start = bench_now();
		policy_decide(policy, &request, 1700000000, &decision);
		result->times[i] = bench_now() - start;
		result->wrong += decision.verdict != kind->outcome;
	}
}

int
main(int argc, char **argv)
{
	const struct kind *kind = argc > 4 ? find_kind(argv[1]) : NULL;
	uint64_t count = argc > 4 ? strtoull(argv[2], NULL, 10) : 0;
	struct policy *policy = NULL;
	struct bench_layout layout;
	struct result result = { 0 };
	int64_t median;

	if (kind == NULL || count < 1 ||
	    !bench_layout_parse(&layout, argc - 4, argv + 4)) {
		fputs("usage: bench-decide granted|refused|member DECISIONS"
		    " FILE USERS VMS GRANTS [sets]\n", stderr);
		return 2;
	}
	result.times = calloc(count, sizeof(*result.times));
	if (result.times == NULL || policy_new(&policy, argv[3]) != ERROR_NONE)
		return 1;
	decide(kind, &layout, policy, count, &result);
	if (policy_detail(policy)[0] != '\0')
		fprintf(stderr, "%s\n", policy_detail(policy));
	median = bench_median(result.times, count);
	printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", median,
	    result.times[count - 1], result.wrong);
	policy_free(&policy);
	free(result.times);
	return 0;
}
