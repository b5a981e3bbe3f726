/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which VM this process is: what QEMU's own command line says with -name and
 * -uuid. */

#ifndef VMAUTHZ_VM_COMMAND_LINE_H
#define VMAUTHZ_VM_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"
#include "decide/decide.h"

struct command_line {
	bool usable;	/* false: the command line could not be understood */
	char name[REQUEST_VM_NAME_MAX + 1];	/* "": it has none */
	char uuid[UUID_LENGTH + 1];	/* lower case; "": it has none */
};

/* Reads a command line as QEMU does: length octets, arguments each ended by
 * a NUL, as in /proc/PID/cmdline.  An option that stands twice counts the
 * last time.  A name or uuid that can't be one leaves self_r unusable. */
void command_line_parse(struct command_line *self_r, const char *cmdline, size_t length);

/* The same for this process. */
void command_line_read_own(struct command_line *self_r);

/* Whether QEMU takes the option (without its dashes) as one word. */
bool command_line_option_is_flag(const char *option);

#endif
