/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads which VM a process runs from the options -name and -uuid of its command
 * line.  A process can change its own command line; vm/machine.h has sources
 * that it can't change. */

#ifndef VMAUTHZ_VM_COMMAND_LINE_H
#define VMAUTHZ_VM_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"
#include "decide/decide.h"

struct command_line {
	bool usable;	/* false: the command line is malformed or unread */
	char name[REQUEST_VM_NAME_MAX + 1];	/* "": it has none */
	char uuid[UUID_LENGTH + 1];	/* lower case; "": it has none */
};

/* Reads a command line as QEMU does: length octets, arguments each ended by
 * a NUL, as in proc(5).  If an option is repeated, the last one counts.  A
 * malformed name or uuid makes *self_r unusable. */
void command_line_parse(struct command_line *self_r, const char *cmdline,
    size_t length);

/* The same for this process; *self_r is unusable if /proc can't be read. */
void command_line_read_own(struct command_line *self_r);

#endif
