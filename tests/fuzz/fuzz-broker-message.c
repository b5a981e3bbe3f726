/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A packet at the socket "broker": what is taken apart is put together again as
 * it was. */

#include "broker/message.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *packet = malloc(size + 1);	/* 0 would be NULL */
	unsigned char again[BROKER_MESSAGE_MAX];
	struct broker_message message;
	int error;

	HOLDS(packet != NULL);
	if (size != 0)
		memcpy(packet, data, size);
	error = broker_decode(&message, packet, size);
	if (error == 0) {
		HOLDS(size <= sizeof(again));
		HOLDS(broker_encode(again, &message) == size);
		HOLDS(memcmp(again, data, size) == 0);
	} else {
		HOLDS(error == BROKER_E_VERSION || error == BROKER_E_MALFORMED);
		HOLDS(message.user == NULL && message.password == NULL);
	}
	free(packet);
	return 0;
}
