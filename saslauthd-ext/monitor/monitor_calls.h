/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The monitor's side of the worker's calls; see monitor_message.h. */

#ifndef VMAUTHZD_MONITOR_MONITOR_CALLS_H
#define VMAUTHZD_MONITOR_MONITOR_CALLS_H

#include <stdbool.h>

#include "saslauthd-ext/monitor/pam_helpers.h"

struct monitor_calls {
	int link;			/* to the worker */
	const char *libvirt_folder;
	struct pam_helpers *helpers;
	bool ready;			/* the worker has called ready */
};

/* Reads one packet from the link, and answers it.  Returns false if the packet
 * is malformed, the answer can't be sent at once, or the worker has ended: such
 * a worker is not served any longer. */
bool monitor_calls_serve(struct monitor_calls *calls);

#endif
