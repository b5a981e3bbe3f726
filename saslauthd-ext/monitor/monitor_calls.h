/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The monitor's side of what the worker asks it for. */

#ifndef VMAUTHZD_MONITOR_MONITOR_CALLS_H
#define VMAUTHZD_MONITOR_MONITOR_CALLS_H

#include <stdbool.h>

#include "saslauthd-ext/monitor/pam_helpers.h"

struct monitor_calls {
	int link;			/* to the worker */
	const char *libvirt_folder;
	struct pam_helpers *helpers;
	bool ready;			/* it says so */
};

/* Answers one packet.  Returns false, and the worker is not to be trusted or
 * not there any more, if that isn't a well-formed one, or it doesn't take its
 * answers. */
bool monitor_calls_serve(struct monitor_calls *calls);

#endif
