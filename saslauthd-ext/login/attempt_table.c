/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/attempt_table.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* A restart loses the attempts.  The plugin must not get a decision for one of
 * them: the ticket it used, and whether it was counted, are lost with it. */
static const char attempt_not_begun[] =
    "vmauthzd was not asked before, or was restarted meanwhile";
static const char attempt_over[] =
    "this attempt has been decided already, or took too long";
static const char attempt_of_another[] =
    "this attempt was begun by another user, client or mechanism";

/* Chooses a free slot, whose number is 0, or that with the lowest number, which
 * is the oldest attempt.  So attempts that are out of time need no clean-up. */
static struct attempt_slot *
attempt_choose_slot(struct attempt_table *table)
{
	struct attempt_slot *oldest = &table->slots[0];

	for (size_t i = 1; i < ATTEMPT_TABLE_MAX && oldest->number != 0; i++) {
		if (table->slots[i].number < oldest->number)
			oldest = &table->slots[i];
	}
	return oldest;
}

/* Chooses the first number: 63 random bits, so that counting up never wraps. */
static bool
attempt_seed_numbers(struct attempt_table *table)
{
	uint64_t random;

	if (table->last != 0)
		return true;
	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return false;
	table->last = random >> 1;
	table->first = table->last + 1;
	return true;
}

/* An unknown text is stored, and compared, as an empty one. */
static const char *
attempt_text(const char *text)
{
	return text != NULL ? text : "";
}

uint64_t
attempt_table_open(struct attempt_table *table,
    const struct request_login *login, const struct attempt_result *attempt,
    int64_t now)
{
	struct attempt_slot *slot = attempt_choose_slot(table);

	if (!attempt_seed_numbers(table))
		return 0;
	slot->number = ++table->last;
	slot->begun = now;
	strcpy(slot->user, login->request.user->text);
	snprintf(slot->client, sizeof(slot->client), "%s",
	    attempt_text(login->request.client));
	snprintf(slot->mechanism, sizeof(slot->mechanism), "%s",
	    attempt_text(login->mechanism));
	slot->attempt = *attempt;
	return slot->number;
}

static struct attempt_slot *
attempt_find_slot(struct attempt_table *table, uint64_t number)
{
	for (size_t i = 0; number != 0 && i < ATTEMPT_TABLE_MAX; i++) {
		if (table->slots[i].number == number)
			return &table->slots[i];
	}
	return NULL;
}

/* Without this a process could prove one user's password and ask for the
 * decision about another. */
static bool
attempt_matches(const struct attempt_slot *slot,
    const struct request_login *login)
{
	return strcmp(slot->user, login->request.user->text) == 0 &&
	    strcmp(slot->client, attempt_text(login->request.client)) == 0 &&
	    strcmp(slot->mechanism, attempt_text(login->mechanism)) == 0;
}

const char *
attempt_table_find(struct attempt_table *table, uint64_t number,
    const struct request_login *login, int64_t now,
    struct attempt_result *attempt_r)
{
	struct attempt_slot *slot = attempt_find_slot(table, number);
	const char *refusal = NULL;

	memset(attempt_r, 0, sizeof(*attempt_r));
	if (slot == NULL)
		return table->last != 0 && number >= table->first &&
		    number <= table->last ? attempt_over : attempt_not_begun;
	if (now - slot->begun > ATTEMPT_SECONDS)
		refusal = attempt_over;
	else if (!attempt_matches(slot, login))
		refusal = attempt_of_another;
	else
		*attempt_r = slot->attempt;
	if (refusal != NULL)
		slot->number = 0;
	return refusal;
}

void
attempt_table_close(struct attempt_table *table, uint64_t number)
{
	struct attempt_slot *slot = attempt_find_slot(table, number);

	if (slot != NULL)
		slot->number = 0;
}
