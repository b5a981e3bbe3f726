/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which VM a process runs, from sources that the process itself can't write. */

#ifndef VMAUTHZ_VM_MACHINE_H
#define VMAUTHZ_VM_MACHINE_H

#include "base/uuid.h"
#include "decide/request.h"
#include "vm/peer.h"

/* Where the VM is known from, in the order of the search.  The first source
 * that finds a VM, or contradicts itself, ends the search. */
enum machine_source {
	MACHINE_UNKNOWN = 0,
	MACHINE_LIBVIRT,	/* NAME.pid and NAME.xml in libvirt's folder */
	MACHINE_CGROUP,		/* a scope of machine.slice */
	MACHINE_COMMAND_LINE,	/* only where the configuration says so */
	MACHINE_SOURCE_COUNT
};

struct machine {
	enum machine_source source;
	char name[REQUEST_VM_NAME_MAX + 1];	/* "": unknown */
	char uuid[UUID_LENGTH + 1];	/* lower case; "": unknown */
};

/* The sources to search, and where they are. */
struct machine_sources {
	bool libvirt, cgroup, command_line;	/* whether to search it */
	const char *libvirt_folder;	/* "/run/libvirt/qemu" */
	const char *proc;		/* "/proc" */
	uid_t owner;			/* of libvirt's files: 0 */
	/* Opens NAME.xml, which root alone may read.  Returns a descriptor
	 * that the caller closes, or -1. */
	int (*open_status)(void *context, const char *name);
	void *context;
};

/* "libvirt", "cgroup", "command-line", "unknown". */
const char *machine_source_name(enum machine_source source);

/* Whether name is a possible VM's name: 1 to REQUEST_VM_NAME_MAX octets, no
 * control characters, and no '/', for it becomes the name of a file. */
bool machine_name_valid(const char *name);

#endif
