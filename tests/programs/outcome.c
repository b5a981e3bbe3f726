/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/programs/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
	[OUTCOME_NONE] = "nothing happened",
	[OUTCOME_OPENED] = "opened",
	[OUTCOME_REFUSED] = "authentication failed",
	[OUTCOME_TLS] = "tls failed",
	[OUTCOME_CONNECTION] = "connection failed",
	[OUTCOME_TIMEOUT] = "timed out",
	[OUTCOME_DISCONNECTED] = "disconnected",
};

const char *
outcome_text(enum outcome outcome)
{
	return texts[outcome];
}

int
outcome_status(enum outcome outcome)
{
	if (outcome == OUTCOME_OPENED)
		return 0;
	return outcome == OUTCOME_REFUSED ? 1 : 2;
}

void
outcome_print(enum outcome outcome, const char *detail)
{
	printf("%s%s%s\n", texts[outcome], detail[0] != '\0' ? ": " : "",
	    detail);
	fflush(stdout);
}

static int
compare_durations(const void *a, const void *b)
{
	const gint64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
outcome_repeat(size_t count, enum outcome (*login)(gint64 *duration_r))
{
	gint64 *durations = g_new0(gint64, count);
	enum outcome outcome = OUTCOME_NONE, last;

	for (size_t i = 0; i < count; i++) {
		last = login(&durations[i]);
		if (i > 0 && last != outcome) {
			printf("mixed: %s, then %s\n", texts[outcome],
			    texts[last]);
			g_free(durations);
			return 2;
		}
		outcome = last;
	}
	qsort(durations, count, sizeof(durations[0]), compare_durations);
	printf("%zu times %s, milliseconds: min %.2f median %.2f max %.2f\n",
	    count, texts[outcome], (double)durations[0] / 1000,
	    (double)durations[count / 2] / 1000,
	    (double)durations[count - 1] / 1000);
	g_free(durations);
	return outcome_status(outcome);
}

char *
outcome_read_password(int fd)
{
	FILE *file = fdopen(fd, "r");
	char line[2048], *password = NULL;

	if (file == NULL)
		return NULL;
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		password = g_strdup(line);
	}
	fclose(file);
	return password;
}
