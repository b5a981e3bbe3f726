/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/machine_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_read.h"
#include "vm/command_line.h"
#include "vm/machine_source.h"

enum { CMDLINE_MAX = 1024 * 1024 };	/* octets; QEMU's take some thousand */

static enum machine_word
machine_ask_command_line(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_word word = MACHINE_SILENT;
	struct command_line self;
	char path[64], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s/%ld/cmdline", sources->proc,
	    (long)peer->pid);
	text = file_read_path(path, CMDLINE_MAX, &size);
	if (text != NULL) {
		command_line_parse(&self, text, size);
		if (self.usable && machine_name_valid(self.name)) {
			strcpy(machine_r->name, self.name);
			strcpy(machine_r->uuid, self.uuid);
			word = MACHINE_SURE;
		}
	}
	free(text);
	return word;
}

void
machine_find(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	const struct {
		bool wanted;
		enum machine_source source;
		enum machine_word (*ask)(struct machine *, const struct peer *,
		    const struct machine_sources *);
	} order[] = {
		{ sources->libvirt, MACHINE_LIBVIRT, machine_ask_libvirt },
		{ sources->cgroup, MACHINE_CGROUP, machine_ask_cgroup },
		{ sources->command_line, MACHINE_COMMAND_LINE,
		  machine_ask_command_line },
	};
	enum machine_word word = MACHINE_SILENT;

	memset(machine_r, 0, sizeof(*machine_r));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) &&
	    word == MACHINE_SILENT; i++) {
		if (!order[i].wanted)
			continue;
		word = order[i].ask(machine_r, peer, sources);
		machine_r->source = order[i].source;
	}
	/* all of that was read under a number that may be another's by now */
	if (word != MACHINE_SURE || !peer_alive(peer))
		memset(machine_r, 0, sizeof(*machine_r));
}
