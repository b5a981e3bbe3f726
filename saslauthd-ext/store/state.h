/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* state.db (schema/state.sql): what has to outlive a restart and isn't history.
 * SQLite in WAL mode, in the worker's own folder.  Each table has one owner:
 * throttle.h, ticket.h or session.h.
 *
 * No write waits for the disk.  After kill -9 everything is there.  After a
 * power failure the latest writes may be missing, or the file damaged; a
 * damaged file is renamed, and a new one made. */

#ifndef VMAUTHZD_STORE_STATE_H
#define VMAUTHZD_STORE_STATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

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
	char detail[STATE_DETAIL_MAX];	/* error of the last call that failed;
					 * or, after state_open(), that a
					 * damaged file was renamed; "" */
};

/* Opens or makes state.db in config->state.  A damaged file is renamed to
 * state.db.damaged.  Returns 0 or an error of base/error.h with state->detail.
 * state_close() accepts a state that is not open. */
int state_open(struct state *state, const struct config *config);
void state_close(struct state *state);

/* Copies the WAL into state.db and truncates it.  Call it at intervals. */
void state_checkpoint(struct state *state);

/* --- for the owners of the tables ------------------------------------- */

/* Prepares sql and binds its parameters ?1, ?2, … in the order of the letters
 * of format: t text (NULL: ""), i int64_t, b const void * and size_t.  Pointers
 * must be valid until the statement is finalized.  Returns NULL with
 * state->detail if that fails. */
sqlite3_stmt *state_prepare(struct state *state, const char *sql,
    const char *format, ...);

/* Each accepts the NULL of a state_prepare() that failed.  Those that return an
 * int return 0, or the error of state_prepare() or of a step with
 * state->detail. */

/* Steps a statement.  Returns whether there is a row; false after an error,
 * too, which state_end() returns. */
bool state_step(sqlite3_stmt *statement);

/* Finalizes a statement. */
int state_end(struct state *state, sqlite3_stmt *statement);

/* Runs a statement that returns no row, and finalizes it. */
int state_run(struct state *state, sqlite3_stmt *statement);

/* Runs a statement that returns at most one row, and finalizes it.  *number_r
 * is the row's first column, or 0 without a row or after an error. */
int state_read_number(struct state *state, sqlite3_stmt *statement,
    int64_t *number_r);

#endif
