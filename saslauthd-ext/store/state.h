/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* state.db (schema/state.sql): what has to outlive a restart and isn't history.
 * SQLite in WAL mode, in the worker's own folder.  Its tables have one owner
 * each: guess.h, ticket.h, session.h.
 *
 * Nothing waits for the disk: after kill -9 all is there, after a power failure
 * what has been written lately may be missing, or the file damaged; then it is
 * put aside and begun anew. */

#ifndef VMAUTHZD_STORE_STATE_H
#define VMAUTHZD_STORE_STATE_H

#include <sqlite3.h>

#include "saslauthd-ext/config/config.h"
#include "saslauthd-ext/store/store_file.h"

enum {
	STATE_APPLICATION_ID = 0x766d6173,	/* "vmas" */
	STATE_VERSION = 1,			/* PRAGMA user_version */
	STATE_DETAIL_MAX = STORE_FILE_DETAIL_MAX,
};

#define STATE_FILE "state.db"

/* schema/state.sql */
extern const char state_schema_sql[];

struct state {
	sqlite3 *handle;
	char detail[STATE_DETAIL_MAX];	/* what the last failed call ran into;
					 * state_open(): or what it put aside */
};

/* Opens, or makes, state.db in config->state; a damaged one is put aside.
 * Returns 0 or an error of base/error.h. */
int state_open(struct state *state, const struct config *config);
void state_close(struct state *state);

/* Brings what has been written into state.db itself; to be called now and
 * then. */
void state_checkpoint(struct state *state);

/* --- for the tables' owners ------------------------------------------- */

/* Prepares sql with parameters bound as format says, one letter each: t text
 * (NULL: ""), i int64_t, b const void * and size_t.  Pointers must last until
 * the statement is finalized.  NULL, and state->detail, if that fails. */
sqlite3_stmt *state_prepare(struct state *state, const char *sql,
    const char *format, ...);

/* Runs a statement of state_prepare() that answers with nothing, and finalizes
 * it (NULL is fine).  Returns 0 or an error with state->detail. */
int state_run(struct state *state, sqlite3_stmt *statement);

/* Finalizes a statement that was stepped.  Returns what state_run() does. */
int state_end(struct state *state, sqlite3_stmt *statement);

#endif
