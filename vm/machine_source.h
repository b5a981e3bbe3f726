/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The sources of machine_find.h, one function each.  Private to vm/. */

#ifndef VMAUTHZ_VM_MACHINE_SOURCE_H
#define VMAUTHZ_VM_MACHINE_SOURCE_H

#include "vm/machine.h"

/* What a source has to say. */
enum machine_word {
	MACHINE_SILENT = 0,	/* nothing: ask the next one */
	MACHINE_SURE,		/* the machine is set */
	MACHINE_CONTRADICTION,	/* nobody is to be believed */
};

enum machine_word machine_ask_libvirt(struct machine *machine_r,
    const struct peer *peer, const struct machine_sources *sources);
enum machine_word machine_ask_cgroup(struct machine *machine_r,
    const struct peer *peer, const struct machine_sources *sources);

/* The name in a scope of machine.slice, from the text of /proc/PID/cgroup:
 * see machine_cgroup.c. */
enum machine_word machine_parse_cgroup(const char *text,
    char name_r[REQUEST_VM_NAME_MAX + 1]);

/* What libvirt's status file says: its name has to be name, its process pid.
 * Sets the uuid. */
bool machine_parse_status(const char *xml, size_t size, const char *name,
    pid_t pid, char uuid_r[UUID_LENGTH + 1]);

#endif
