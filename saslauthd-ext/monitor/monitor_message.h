/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The messages between worker and monitor: for each call one packet of fixed
 * size in each direction, on a SOCK_SEQPACKET pair.  Both sides are the same
 * program, so the structs go as they are. */

#ifndef VMAUTHZD_MONITOR_MONITOR_MESSAGE_H
#define VMAUTHZD_MONITOR_MONITOR_MESSAGE_H

#include <stdint.h>

#include "decide/request.h"

enum { MONITOR_HELPERS_MAX = 64 };	/* PAM helpers at a time */

enum monitor_call {
	MONITOR_READY = 1,
	MONITOR_HELPER_START,
	MONITOR_HELPER_STOP,
	MONITOR_OPEN_STATUS,
	MONITOR_CALL_END
};

/* Fields that a call does not use are zero. */
struct monitor_request {
	uint64_t serial;	/* the answer repeats it */
	uint32_t call;
	uint32_t helper;			/* HELPER_STOP */
	char name[REQUEST_VM_NAME_MAX + 1];	/* OPEN_STATUS; zero-padded */
};

/* Without an error, the answer to HELPER_START and OPEN_STATUS passes one
 * descriptor. */
struct monitor_answer {
	uint64_t serial;
	int32_t error;		/* 0, or an errno */
	uint32_t helper;	/* HELPER_START */
};

#endif
