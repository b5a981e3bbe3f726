/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum {
	THROTTLE_DAY = 24 * 3600,	/* seconds */
	THROTTLE_DOUBLINGS_MAX = 20,	/* 2^20 s: above any guess_forget */
	THROTTLE_ROWS_MAX = 100000,	/* of guesses: any name adds rows */
	THROTTLE_PREFIX_MAX = INET6_ADDRSTRLEN + 3, /* octets, with "/64" */
};

const char throttle_locked_reason[] = "too many wrong passwords";

/* The address that is counted alone: for IPv6 its /64 prefix.  A host chooses
 * the lower 64 bits itself (RFC 4291, section 2.5.1), and would begin a new
 * count with each choice.  An IPv4 address in IPv6's form is one host's. */
static void
throttle_address_prefix(char out[THROTTLE_PREFIX_MAX], const char *client)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(client, "%"),
	    client);
	if (inet_pton(AF_INET6, text, &address) != 1 ||
	    IN6_IS_ADDR_V4MAPPED(&address)) {
		snprintf(out, THROTTLE_PREFIX_MAX, "%s", client);
		return;
	}
	memset(address.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &address, text, sizeof(text));
	snprintf(out, THROTTLE_PREFIX_MAX, "%s/64", text);
}

static bool
throttle_has_address(const struct throttle_key *guess)
{
	return guess->client != NULL && guess->client[0] != '\0';
}

/* --- reading --------------------------------------------------------- */

static bool
throttle_is_known(struct state *state, const struct throttle_key *guess)
{
	int64_t known;

	state_read_number(state, state_prepare(state,
	    "SELECT 1 FROM acquaintances WHERE user = ?1 AND client = ?2"
	    " AND last > ?3", "tti", guess->user, guess->client,
	    guess->now - (int64_t)THROTTLE_KNOWN_DAYS * THROTTLE_DAY), &known);
	return known != 0;
}

/* Whether the back-off of a counter, which is at most longest seconds, still
 * runs.  longest is guess_forget at most, so that a counter to be forgotten
 * backs off no more, whether it has been deleted or not.  A limit of 0 switches
 * the count off.  max(): the clock may have been set back. */
static bool
throttle_backs_off(struct state *state, const char *user, const char *client,
    int64_t now, unsigned int limit, int64_t longest)
{
	int64_t runs;

	state_read_number(state, state_prepare(state,
	    "SELECT max(?3 - last, 0) < min(?5, 1 << min(failures - ?4, ?6))"
	    " FROM guesses WHERE user = ?1 AND client = ?2"
	    " AND ?4 > 0 AND failures >= ?4", "ttiiii", user, client, now,
	    (int64_t)limit, longest, (int64_t)THROTTLE_DOUBLINGS_MAX), &runs);
	return runs != 0;
}

bool
throttle_locked(struct state *state, const struct config *config,
    const struct throttle_key *guess)
{
	bool known = throttle_is_known(state, guess);
	int64_t longest = config->guess_forget;
	char client[THROTTLE_PREFIX_MAX];

	if (known && longest > THROTTLE_KNOWN_BACKOFF)
		longest = THROTTLE_KNOWN_BACKOFF;
	if (throttle_backs_off(state, guess->user, guess->client, guess->now,
	    config->guess_limit, longest))
		return true;
	if (known || !throttle_has_address(guess))
		return false;
	throttle_address_prefix(client, guess->client);
	return throttle_backs_off(state, "", client, guess->now,
	    config->guess_address_limit, longest);
}

/* --- writing --------------------------------------------------------- */

/* Adds a failure to a counter.  One older than guess_forget begins at 1. */
static int
throttle_add_failure(struct state *state, const struct config *config,
    const char *user, const char *client, int64_t now)
{
	return state_run(state, state_prepare(state,
	    "INSERT INTO guesses (user, client, failures, last)"
	    " VALUES (?1, ?2, 1, ?3) ON CONFLICT (user, client) DO UPDATE SET"
	    " failures = iif(last > ?3 - ?4, failures + 1, 1), last = ?3",
	    "ttii", user, client, now, (int64_t)config->guess_forget));
}

int
throttle_failed(struct state *state, const struct config *config,
    const struct throttle_key *guess)
{
	char client[THROTTLE_PREFIX_MAX];
	int rc = throttle_add_failure(state, config, guess->user, guess->client,
	    guess->now);

	if (rc != ERROR_NONE || !throttle_has_address(guess))
		return rc;
	throttle_address_prefix(client, guess->client);
	return throttle_add_failure(state, config, "", client, guess->now);
}

int
throttle_succeeded(struct state *state, const struct config *config,
    const struct throttle_key *guess)
{
	int rc;

	(void)config;
	rc = state_run(state, state_prepare(state,
	    "DELETE FROM guesses WHERE user = ?1 AND client = ?2", "tt",
	    guess->user, guess->client));
	if (rc != ERROR_NONE)
		return rc;
	return state_run(state, state_prepare(state,
	    "INSERT INTO acquaintances (user, client, last)"
	    " VALUES (?1, ?2, ?3) ON CONFLICT (user, client)"
	    " DO UPDATE SET last = ?3", "tti", guess->user, guess->client,
	    guess->now));
}

int
throttle_expire(struct state *state, const struct config *config, int64_t now)
{
	int rc;

	rc = state_run(state, state_prepare(state,
	    "DELETE FROM guesses WHERE last <= ?1", "i",
	    now - (int64_t)config->guess_forget));
	if (rc == ERROR_NONE)
		rc = state_run(state, state_prepare(state,
		    "DELETE FROM guesses WHERE last < (SELECT last FROM guesses"
		    " ORDER BY last DESC LIMIT 1 OFFSET ?1)", "i",
		    (int64_t)THROTTLE_ROWS_MAX));
	if (rc == ERROR_NONE)
		rc = state_run(state, state_prepare(state,
		    "DELETE FROM acquaintances WHERE last <= ?1", "i",
		    now - (int64_t)THROTTLE_KNOWN_DAYS * THROTTLE_DAY));
	return rc;
}
