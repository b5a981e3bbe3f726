/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The asking side of vmauthzd's socket "broker": one connection, kept and made
 * again when it is gone, never waiting longer than it is told to.  Any thread
 * may call it at any time; questions wait for each other. */

#ifndef VMAUTHZ_BROKER_CLIENT_H
#define VMAUTHZ_BROKER_CLIENT_H

#include "broker/message.h"
#include "base/error.h"

enum { BROKER_DETAIL_MAX = 256 };

struct broker_client;

/* Remembers the path (at most what sockaddr_un takes); connects when asked.
 * Returns 0, ERROR_VALUE (path) or ERROR_MEMORY.  Free with
 * broker_client_free(), which accepts NULL and leaves NULL. */
int broker_client_new(struct broker_client **client_r, const char *path);
void broker_client_free(struct broker_client **client);

/* Sends a question (its id is chosen here) and waits for the answer at most
 * timeout_ms in all, connecting and one second try on a connection that
 * turned out to be dead included.  An answer that comes later is never taken
 * for another's.  Returns 0 with *answer_r set, its text good until anybody's
 * next question, or ERROR_BROKER: nobody there, no answer in time, an answer
 * of the wrong type, an error that the daemon told.  detail_r is then one
 * sentence with the path, else "". */
int broker_client_ask(struct broker_client *client,
    const struct broker_message *question, int timeout_ms,
    struct broker_message *answer_r, char detail_r[BROKER_DETAIL_MAX]);

/* Tells the daemon that a channel of a session is closed.  Never waits, for no
 * question either: what can't be sent now is kept (the last 256) and sent
 * after the question that is under way, or before the next one. */
void broker_client_end(struct broker_client *client, uint64_t session);

#endif
