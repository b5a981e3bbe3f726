/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Which VM a process is, from all sources. */

#ifndef VMAUTHZ_VM_MACHINE_FIND_H
#define VMAUTHZ_VM_MACHINE_FIND_H

#include "vm/machine.h"

/* Finds out.  The source is MACHINE_UNKNOWN, the rest empty, if nobody knows,
 * or if the process is gone. */
void machine_find(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources);

#endif
