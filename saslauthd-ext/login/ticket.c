/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/ticket.h"

#include <openssl/crypto.h>
#include <string.h>

#include "base/error.h"
#include "decide/network.h"

enum { TICKET_USED_SECONDS = 3600 };	/* above any session_window */

/* --- issuing --------------------------------------------------------- */

static int
ticket_insert_verifiers(struct state *state,
    const struct broker_message *message, int64_t id)
{
	int rc = ERROR_NONE;

	for (size_t i = 0; rc == ERROR_NONE && i < message->ticket.count; i++) {
		const struct verifier *verifier =
		    &message->ticket.verifiers[i].verifier;

		rc = state_run(state, state_prepare(state,
		    "INSERT INTO ticket_verifiers (ticket, mechanism,"
		    " iterations, salt, stored_key, server_key)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "itibbb", id,
		    message->ticket.verifiers[i].mechanism,
		    (int64_t)verifier->iterations,
		    (const void *)verifier->salt, verifier->salt_size,
		    (const void *)verifier->stored_key, verifier->key_size,
		    (const void *)verifier->server_key, verifier->key_size));
	}
	return rc;
}

/* Expires the ticket that waits, by its time, so that ticket_expire() reports
 * it, and inserts the new one. */
static int
ticket_insert(struct state *state, const struct broker_message *message,
    const char *by, int64_t now, int64_t *id_r)
{
	int rc;

	rc = state_run(state, state_prepare(state,
	    "UPDATE tickets SET expires = ?3 WHERE user = ?1 AND vm = ?2"
	    " AND used IS NULL AND expires > ?3", "tti", message->ticket.user,
	    message->ticket.vm, now));
	if (rc == ERROR_NONE)
		rc = state_run(state, state_prepare(state,
		    "INSERT INTO tickets (user, vm, network, issued_by,"
		    " expires) VALUES (?1, ?2, ?3, ?4, ?5)", "tttti",
		    message->ticket.user, message->ticket.vm,
		    message->ticket.from, by,
		    now + (int64_t)message->ticket.seconds));
	if (rc != ERROR_NONE)
		return rc;
	*id_r = sqlite3_last_insert_rowid(state->handle);
	return ticket_insert_verifiers(state, message, *id_r);
}

/* In one transaction: a ticket without its verifiers would be useless, and the
 * one before it would be gone. */
int
ticket_issue(struct state *state, const struct broker_message *message,
    const char *by, int64_t now, int64_t *id_r)
{
	int rc;

	*id_r = 0;
	rc = state_run(state, state_prepare(state, "BEGIN IMMEDIATE", ""));
	if (rc != ERROR_NONE)
		return rc;
	rc = ticket_insert(state, message, by, now, id_r);
	if (rc == ERROR_NONE)
		rc = state_run(state, state_prepare(state, "COMMIT", ""));
	if (rc != ERROR_NONE) {
		*id_r = 0;
		sqlite3_exec(state->handle, "ROLLBACK", NULL, NULL, NULL);
	}
	return rc;
}

/* --- finding --------------------------------------------------------- */

/* Whether the ticket's network, "" for any, has the address.  What can't be
 * parsed has no address: a row that was damaged lets nobody in. */
static bool
ticket_allows_client(const char *network, const char *client)
{
	struct network from;
	bool known;

	if (network[0] == '\0')
		return true;
	return client != NULL && network_parse(&from, network) &&
	    network_contains(&from, client, &known) && known;
}

static bool
ticket_copy_octets(sqlite3_stmt *row, int column, unsigned char *out,
    size_t room, size_t *size_r)
{
	const void *data = sqlite3_column_blob(row, column);
	size_t size = (size_t)sqlite3_column_bytes(row, column);

	if (data == NULL || size == 0 || size > room)
		return false;
	memcpy(out, data, size);
	*size_r = size;
	return true;
}

static bool
ticket_copy_verifier(sqlite3_stmt *row, int column,
    struct verifier *verifier_r)
{
	size_t size;

	memset(verifier_r, 0, sizeof(*verifier_r));
	verifier_r->iterations = (uint32_t)sqlite3_column_int64(row, column);
	return ticket_copy_octets(row, column + 1, verifier_r->salt,
	    VERIFIER_SALT_MAX, &verifier_r->salt_size) &&
	    ticket_copy_octets(row, column + 2, verifier_r->stored_key,
	    VERIFIER_KEY_MAX, &verifier_r->key_size) &&
	    ticket_copy_octets(row, column + 3, verifier_r->server_key,
	    VERIFIER_KEY_MAX, &size) && size == verifier_r->key_size;
}

int
ticket_find(struct state *state, const struct ticket_use *use,
    const char *mechanism, unsigned int window, int64_t *id_r,
    struct verifier *verifier_r)
{
	/* the one that waits comes first: it was issued last */
	sqlite3_stmt *row = state_prepare(state,
	    "SELECT id, network, iterations, salt, stored_key, server_key"
	    " FROM tickets JOIN ticket_verifiers ON ticket = id"
	    " WHERE user = ?1 AND vm = ?2 AND mechanism = ?5"
	    " AND (used IS NULL AND expires > ?4"
	    "  OR used BETWEEN ?4 - ?6 AND ?4 AND used_client = ?3)"
	    " ORDER BY used IS NOT NULL, id DESC", "tttiti", use->user,
	    use->vm, use->client, use->now, mechanism, (int64_t)window);

	*id_r = 0;
	memset(verifier_r, 0, sizeof(*verifier_r));
	while (*id_r == 0 && state_step(row)) {
		const char *network =
		    (const char *)sqlite3_column_text(row, 1);

		if (network != NULL &&
		    ticket_allows_client(network, use->client) &&
		    ticket_copy_verifier(row, 2, verifier_r))
			*id_r = sqlite3_column_int64(row, 0);
	}
	if (*id_r == 0)
		OPENSSL_cleanse(verifier_r, sizeof(*verifier_r));
	return state_end(state, row);
}

/* --- using ----------------------------------------------------------- */

static bool
ticket_in_window(struct state *state, int64_t id, const struct ticket_use *use,
    unsigned int window)
{
	int64_t good;

	state_read_number(state, state_prepare(state,
	    "SELECT 1 FROM tickets WHERE id = ?1 AND user = ?2 AND vm = ?3"
	    " AND used BETWEEN ?5 - ?6 AND ?5 AND used_client = ?4", "itttii",
	    id, use->user, use->vm, use->client, use->now, (int64_t)window),
	    &good);
	return good != 0;
}

/* The conditions stand in the UPDATE itself: the ticket may have been used or
 * have expired since ticket_find(), while the password was checked. */
int
ticket_used(struct state *state, int64_t id, const struct ticket_use *use,
    unsigned int window, bool *first_r)
{
	int rc;

	*first_r = false;
	rc = state_run(state, state_prepare(state,
	    "UPDATE tickets SET used = ?4, used_client = ?5 WHERE id = ?1"
	    " AND user = ?2 AND vm = ?3 AND used IS NULL AND expires > ?4",
	    "ittit", id, use->user, use->vm, use->now, use->client));
	if (rc != ERROR_NONE)
		return rc;
	*first_r = sqlite3_changes(state->handle) == 1;
	return *first_r || ticket_in_window(state, id, use, window) ?
	    ERROR_NONE : ERROR_REFUSED;
}

/* --- lapsing --------------------------------------------------------- */

int
ticket_expire(struct state *state, int64_t now, ticket_lapsed_cb *callback,
    void *context)
{
	sqlite3_stmt *row = state_prepare(state,
	    "SELECT id, user, vm, issued_by FROM tickets"
	    " WHERE used IS NULL AND expires <= ?1 ORDER BY id", "i", now);
	int rc;

	while (state_step(row))
		callback(context, sqlite3_column_int64(row, 0),
		    (const char *)sqlite3_column_text(row, 1),
		    (const char *)sqlite3_column_text(row, 2),
		    (const char *)sqlite3_column_text(row, 3));
	rc = state_end(state, row);
	if (rc != ERROR_NONE)
		return rc;
	return state_run(state, state_prepare(state,
	    "DELETE FROM tickets WHERE used IS NULL AND expires <= ?1"
	    " OR used < ?1 - ?2", "ii", now, (int64_t)TICKET_USED_SECONDS));
}
