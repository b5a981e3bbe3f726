/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* QEMU's command line, each argument ended by a NUL. */

#include "vm/command_line.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct command_line self;

	HOLDS(copy != NULL);
	if (size != 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	command_line_parse(&self, copy, size);
	HOLDS(strlen(self.name) <= REQUEST_VM_NAME_MAX);
	HOLDS(self.uuid[0] == '\0' ||
	    strlen(self.uuid) == UUID_LENGTH);
	for (const char *c = self.uuid; *c != '\0'; c++)
		HOLDS(strchr("0123456789abcdef-", *c) != NULL);
	free(copy);
	return 0;
}
