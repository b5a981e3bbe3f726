/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The search of all sources for a process's VM. */

#ifndef VMAUTHZ_VM_MACHINE_FIND_H
#define VMAUTHZ_VM_MACHINE_FIND_H

#include "vm/machine.h"

/* Finds the VM that the process at the other end runs.  Clears *machine_r, so
 * that the source is MACHINE_UNKNOWN, if no source finds one, if a source
 * contradicts itself, or if the process has ended meanwhile. */
void machine_find(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources);

#endif
