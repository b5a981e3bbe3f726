/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* /proc/PID/cgroup, or libvirt's status file of process 7, "debianx". */

#include "vm/machine_source.h"
#include "tests/fuzz/fuzz.h"

static void
try_cgroup(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), name[REQUEST_VM_NAME_MAX + 1];
	enum machine_result result = machine_parse_cgroup(text, name);

	HOLDS(memchr(name, '\0', sizeof(name)) != NULL);
	if (result == MACHINE_NONE)
		HOLDS(name[0] == '\0');
	if (result == MACHINE_FOUND) {
		/* "qemu-7-" and a name that libvirt didn't cut */
		HOLDS(machine_name_valid(name) && strlen(name) <= 56);
		HOLDS(strstr(text, ":/machine.slice/") != NULL);
		HOLDS(strstr(text, ".scope") != NULL);
	}
	free(text);
}

static void
try_status(const uint8_t *data, size_t size)
{
	char *text = malloc(size != 0 ? size : 1), uuid[UUID_LENGTH + 1];

	HOLDS(text != NULL);
	if (size != 0)
		memcpy(text, data, size);
	if (machine_parse_status(text, size, "debianx", 7, uuid))
		HOLDS(strlen(uuid) == UUID_LENGTH &&
		    strspn(uuid, "0123456789abcdef-") == UUID_LENGTH);
	else
		HOLDS(uuid[0] == '\0');
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_cgroup(data, size);
	try_status(data, size);
	return 0;
}
