/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The sources of machine_find.h, one function each.  Private to vm/. */

#ifndef VMAUTHZ_VM_MACHINE_SOURCE_H
#define VMAUTHZ_VM_MACHINE_SOURCE_H

#include "vm/machine.h"

/* The result of one source. */
enum machine_result {
	MACHINE_NONE = 0,	/* no VM: search the next source */
	MACHINE_FOUND,		/* name and perhaps uuid are set */
	MACHINE_CONFLICT,	/* its parts disagree: search no further */
};

enum machine_result machine_from_libvirt(struct machine *machine_r,
    const struct peer *peer, const struct machine_sources *sources);
enum machine_result machine_from_cgroup(struct machine *machine_r,
    const struct peer *peer, const struct machine_sources *sources);

/* Finds the name in a scope of machine.slice, in the text of /proc/PID/cgroup.
 * name_r is empty unless one was found. */
enum machine_result machine_parse_cgroup(const char *text,
    char name_r[REQUEST_VM_NAME_MAX + 1]);

/* Reads size octets of libvirt's status file, NAME.xml.  Returns false, with an
 * empty uuid_r, unless it is well-formed and about the VM with that name and
 * process. */
bool machine_parse_status(const char *xml, size_t size, const char *name,
    pid_t pid, char uuid_r[UUID_LENGTH + 1]);

#endif
