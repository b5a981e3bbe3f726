/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* QEMU's command line, each argument ended by a NUL. */

#include "vm/vm_self.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct vm_self self;

	HOLDS(copy != NULL);
	if (size != 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	vm_self_parse(&self, copy, size);
	HOLDS(strlen(self.name) <= POLICY_VM_NAME_MAX);
	HOLDS(self.uuid[0] == '\0' ||
	    strlen(self.uuid) == POLICY_UUID_LENGTH);
	for (const char *c = self.uuid; *c != '\0'; c++)
		HOLDS(strchr("0123456789abcdef-", *c) != NULL);
	free(copy);
	return 0;
}
