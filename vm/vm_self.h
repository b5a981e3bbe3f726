/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which VM this process is: what QEMU's own command line says with -name and
 * -uuid. */

#ifndef VMAUTHZ_VM_VM_SELF_H
#define VMAUTHZ_VM_VM_SELF_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/decide.h"

struct vm_self {
	bool usable;	/* false: the command line could not be understood */
	char name[POLICY_VM_NAME_MAX + 1];	/* "": it has none */
	char uuid[POLICY_UUID_LENGTH + 1];	/* lower case; "": it has none */
};

/* Reads a command line as QEMU does: length octets, arguments each ended by
 * a NUL, as in /proc/PID/cmdline.  An option that stands twice counts the
 * last time.  A name or uuid that can't be one leaves self_r unusable. */
void vm_self_parse(struct vm_self *self_r, const char *cmdline, size_t length);

/* The same for this process. */
void vm_self_read(struct vm_self *self_r);

/* Whether QEMU takes the option (without its dashes) as one word. */
bool vm_self_option_is_flag(const char *option);

#endif
