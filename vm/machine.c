/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/machine.h"

#include <string.h>

const char *
machine_source_name(enum machine_source source)
{
	static const char *const names[MACHINE_SOURCE_COUNT] = {
		[MACHINE_UNKNOWN] = "unknown",
		[MACHINE_LIBVIRT] = "libvirt",
		[MACHINE_CGROUP] = "cgroup",
		[MACHINE_COMMAND_LINE] = "command-line",
	};

	return source < MACHINE_SOURCE_COUNT ? names[source] : "unknown";
}

bool
machine_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > REQUEST_VM_NAME_MAX)
		return false;
	for (; *name != '\0'; name++) {
		if ((unsigned char)*name < 0x20 || *name == 0x7f ||
		    *name == '/')
			return false;
	}
	return true;
}
