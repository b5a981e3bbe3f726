/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the clients of the system tests say about a login: the same words and
 * the same exit status, whatever the protocol. */

#ifndef VMAUTHZ_TESTS_PROGRAMS_OUTCOME_H
#define VMAUTHZ_TESTS_PROGRAMS_OUTCOME_H

#include <glib.h>
#include <stddef.h>

enum outcome {
	OUTCOME_NONE = 0,
	OUTCOME_OPENED,
	OUTCOME_REFUSED,
	OUTCOME_TLS,
	OUTCOME_CONNECTION,
	OUTCOME_TIMEOUT,
	OUTCOME_DISCONNECTED,
};

/* "opened", "authentication failed" … */
const char *outcome_text(enum outcome outcome);

/* 0 (opened), 1 (authentication failed) or 2 (anything else) */
int outcome_status(enum outcome outcome);

/* One line: the text and, if there is one, the detail. */
void outcome_print(enum outcome outcome, const char *detail);

/* Logs in count times by login(duration_r), which gives the microseconds that
 * it took, and prints one line about all of them, or about the first that came
 * out differently.  Returns an exit status. */
int outcome_repeat(size_t count, enum outcome (*login)(gint64 *duration_r));

/* The first line from a descriptor, which gets closed: to be freed with
 * g_free().  NULL if there is none. */
char *outcome_read_password(int fd);

#endif
