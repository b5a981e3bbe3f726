/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/session.h"

#include <openssl/rand.h>
#include <string.h>

#include "base/error.h"

/* Selects the columns that session_from_row() reads, in that order. */
#define SELECT_SESSION "SELECT id, user, vm, service, client, mechanism," \
    " grant_id, begin, pid, start, channels FROM sessions"

/* state_prepare() stores NULL as an empty text, so that "=" finds the row. */
static const char *
session_column_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* The texts are SQLite's, valid until the next step of the row. */
static struct session
session_from_row(sqlite3_stmt *row)
{
	return (struct session){
		.id = (uint64_t)sqlite3_column_int64(row, 0),
		.user = session_column_text(row, 1),
		.vm = session_column_text(row, 2),
		.service = session_column_text(row, 3),
		.client = session_column_text(row, 4),
		.mechanism = session_column_text(row, 5),
		.grant = sqlite3_column_int64(row, 6),
		.begin = sqlite3_column_int64(row, 7),
		.pid = (pid_t)sqlite3_column_int64(row, 8),
		.start = (uint64_t)sqlite3_column_int64(row, 9),
		.channels = (unsigned int)sqlite3_column_int64(row, 10),
	};
}

/* --- channels -------------------------------------------------------- */

/* Adds a channel to the session that is open, if any: *id_r is 0 without. */
static int
session_add_channel(struct state *state, const struct session *session,
    int64_t *id_r)
{
	return state_read_number(state, state_prepare(state,
	    "UPDATE sessions SET channels = channels + 1 WHERE user = ?1"
	    " AND vm = ?2 AND service = ?3 AND client = ?4 AND pid = ?5"
	    " AND start = ?6 RETURNING id", "ttttii", session->user,
	    session->vm, session->service, session->client,
	    (int64_t)session->pid, (int64_t)session->start), id_r);
}

/* Makes a random id, so that no process can name a session that it did not
 * begin.  Bit 0 is set, for 0 is none; SQLite's integers are signed. */
static int
session_make_id(struct state *state, int64_t *id_r)
{
	uint64_t id;

	if (RAND_bytes((unsigned char *)&id, sizeof(id)) != 1) {
		strcpy(state->detail, "no random number for a session");
		return ERROR_CRYPTO;
	}
	*id_r = (int64_t)(id >> 1 | 1);
	return ERROR_NONE;
}

static int
session_insert(struct state *state, const struct session *session, int64_t id)
{
	return state_run(state, state_prepare(state,
	    "INSERT INTO sessions (id, user, vm, service, client, mechanism,"
	    " grant_id, begin, pid, start, channels)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)",
	    "itttttiiii", id, session->user, session->vm, session->service,
	    session->client, session->mechanism, session->grant,
	    session->begin, (int64_t)session->pid, (int64_t)session->start));
}

int
session_channel(struct state *state, const struct session *session,
    uint64_t *id_r, bool *new_r)
{
	int64_t id;
	int rc = session_add_channel(state, session, &id);

	*new_r = id == 0;
	if (rc == ERROR_NONE && id == 0) {
		rc = session_make_id(state, &id);
		if (rc == ERROR_NONE)
			rc = session_insert(state, session, id);
	}
	*id_r = rc == ERROR_NONE ? (uint64_t)id : 0;
	return rc;
}

/* --- ends ------------------------------------------------------------ */

/* Deletes the session of a row.  The row's texts stay valid until it is stepped
 * again. */
static int
session_end(struct state *state, const struct session *session,
    session_end_cb *callback, void *context)
{
	int rc = state_run(state, state_prepare(state,
	    "DELETE FROM sessions WHERE id = ?1", "i", (int64_t)session->id));

	if (rc == ERROR_NONE && callback != NULL)
		callback(context, session);
	return rc;
}

int
session_channel_end(struct state *state, uint64_t id, const struct peer *peer,
    session_end_cb *callback, void *context)
{
	sqlite3_stmt *row = state_prepare(state, SELECT_SESSION
	    " WHERE id = ?1 AND pid = ?2 AND start = ?3", "iii", (int64_t)id,
	    (int64_t)peer->pid, (int64_t)peer->start);
	struct session session;
	int rc = ERROR_NONE, end;

	if (state_step(row)) {
		session = session_from_row(row);
		rc = session.channels <= 1 ?
		    session_end(state, &session, callback, context) :
		    state_run(state, state_prepare(state, "UPDATE sessions SET"
		    " channels = channels - 1 WHERE id = ?1", "i",
		    (int64_t)id));
	}
	end = state_end(state, row);
	return rc != ERROR_NONE ? rc : end;
}

int
session_expire(struct state *state, session_alive_cb *alive,
    session_end_cb *callback, void *context)
{
	sqlite3_stmt *row = state_prepare(state, SELECT_SESSION, "");
	struct session session;
	int rc = ERROR_NONE, end;

	while (rc == ERROR_NONE && state_step(row)) {
		session = session_from_row(row);
		if (!alive(context, session.pid, session.start))
			rc = session_end(state, &session, callback, context);
	}
	end = state_end(state, row);
	return rc != ERROR_NONE ? rc : end;
}
