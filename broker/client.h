/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The client of vmauthzd's socket "broker": one connection, which is reused,
 * and made again after the daemon closed it.  Every wait has a time limit.  Any
 * thread may call; one question is sent after the other. */

#ifndef VMAUTHZ_BROKER_CLIENT_H
#define VMAUTHZ_BROKER_CLIENT_H

#include "broker/message.h"
#include "base/error.h"

enum { BROKER_DETAIL_MAX = 256 };

struct broker_client;

/* Copies the path (absolute, and short enough for sockaddr_un); the first
 * question connects.
 * Returns 0, ERROR_VALUE (path) or ERROR_MEMORY.  Free with
 * broker_client_free(), which accepts NULL and leaves NULL. */
int broker_client_new(struct broker_client **client_r, const char *path);
void broker_client_free(struct broker_client **client);

/* Sends a question (its id is chosen here) and waits for the answer, for at
 * most timeout_ms in all; that includes connecting and, if an old connection
 * turned out to be closed, one more attempt.  A late answer is never returned
 * for another question.  Returns 0 with *answer_r set, whose texts are valid
 * until the next question of any thread, or ERROR_BROKER: no daemon, no answer
 * in time, an answer of the wrong type, or an ERROR.  detail_r is then one
 * sentence with the path, else "". */
int broker_client_ask(struct broker_client *client,
    const struct broker_message *question, int timeout_ms,
    struct broker_message *answer_r, char detail_r[BROKER_DETAIL_MAX]);

/* Reports to the daemon that a channel of a session is closed.  Never waits,
 * not even for another thread's question: an end that can't be sent now is
 * stored (the last 256 are) and sent after that question, or before the next
 * one. */
void broker_client_end(struct broker_client *client, uint64_t session);

#endif
