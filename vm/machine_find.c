/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/machine_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_read.h"
#include "vm/command_line.h"
#include "vm/machine_source.h"

/* octets; QEMU's command lines have some thousand, but a process can make its
 * own as long as it likes */
enum { MACHINE_CMDLINE_MAX = 1024 * 1024 };

static enum machine_result
machine_from_command_line(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_result result = MACHINE_NONE;
	struct command_line self;
	char path[64], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s/%ld/cmdline", sources->proc,
	    (long)peer->pid);
	text = file_read_path(path, MACHINE_CMDLINE_MAX, &size);
	if (text != NULL) {
		command_line_parse(&self, text, size);
		if (self.usable && machine_name_valid(self.name)) {
			strcpy(machine_r->name, self.name);
			strcpy(machine_r->uuid, self.uuid);
			result = MACHINE_FOUND;
		}
	}
	free(text);
	return result;
}

void
machine_find(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	/* from the strongest source to the weakest */
	const struct {
		bool wanted;
		enum machine_source source;
		enum machine_result (*find)(struct machine *,
		    const struct peer *, const struct machine_sources *);
	} order[] = {
		{ sources->libvirt, MACHINE_LIBVIRT, machine_from_libvirt },
		{ sources->cgroup, MACHINE_CGROUP, machine_from_cgroup },
		{ sources->command_line, MACHINE_COMMAND_LINE,
		  machine_from_command_line },
	};
	enum machine_result result = MACHINE_NONE;

	memset(machine_r, 0, sizeof(*machine_r));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) &&
	    result == MACHINE_NONE; i++) {
		if (!order[i].wanted)
			continue;
		result = order[i].find(machine_r, peer, sources);
		machine_r->source = order[i].source;
	}
	/* All of /proc/PID was read by number.  The pidfd proves that the
	 * number was not reused meanwhile: the process still lives. */
	if (result != MACHINE_FOUND || !peer_alive(peer))
		memset(machine_r, 0, sizeof(*machine_r));
}
