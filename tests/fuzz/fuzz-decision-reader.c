/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A line of a log, as vmauthz replay reads it. */

#include "log/decision_reader.h"
#include "tests/fuzz/fuzz.h"

static void
check_inside(const char *value, const char *line, size_t length)
{
	HOLDS(value == NULL || (value >= line && value <= line + length));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_string(data, size);
	size_t length = strlen(line);
	const char *names[DECISION_NAMES_MAX];
	struct decision_record decision;

	if (decision_line_parse(line, names, &decision) == DECISION_LINE_GOOD) {
		HOLDS(decision.certificate.name_count <= DECISION_NAMES_MAX);
		check_inside(decision.user, line, length);
		check_inside(decision.vm, line, length);
		check_inside(decision.client, line, length);
		check_inside(decision.local_user, line, length);
		check_inside(decision.reason, line, length);
		for (size_t i = 0; i < decision.certificate.name_count; i++)
			check_inside(names[i], line, length);
		HOLDS(decision.grant >= 0 && decision.session >= 0);
	}
	free(line);
	return 0;
}
