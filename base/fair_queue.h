/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A fair queue: the first item of each key is served before the second item of
 * any key, so that a key with many items delays its own alone.  Bounded in all
 * and for each key.  The caller does the locking. */

#ifndef VMAUTHZ_BASE_FAIR_QUEUE_H
#define VMAUTHZ_BASE_FAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fair_key;

/* Embedded in the caller's struct, which the caller owns and must not move or
 * free while the item is in the queue.  All zero: it is in no queue. */
struct fair_item {
	struct fair_key *key;		/* NULL: not in a queue */
	struct fair_item *previous, *next;	/* of its key */
	uint64_t turn;			/* unique among the items of its key */
	uint64_t order;			/* of arrival, within one turn */
};

/* Initialized with the two bounds and zero.  While it is empty, it owns no
 * memory. */
struct fair_queue {
	size_t max, max_per_key;	/* items */
	size_t count;
	uint64_t turn;			/* the latest that was served */
	uint64_t order;			/* of the latest item */
	struct fair_key *keys;		/* that have items */
};

/* Appends an item; key is copied.  False, with the item unchanged, if the queue
 * is full, in all or for this key, or memory ran out.  O(keys) */
bool fair_queue_put(struct fair_queue *queue, struct fair_item *item,
    const char *key);

/* Whether an item of this key can be served now. */
typedef bool fair_queue_ready_cb(void *context, const char *key);

/* The item to be served next among the keys that are ready (NULL: all are); it
 * stays in the queue.  NULL if there is none.  O(keys) */
struct fair_item *fair_queue_first(const struct fair_queue *queue,
    fair_queue_ready_cb *ready, void *context);

/* Removes an item that is being served: its turn counts as passed.  O(keys) if
 * it is the last item of its key, else O(1). */
void fair_queue_take(struct fair_queue *queue, struct fair_item *item);

/* Removes an item that will not be served (a client gave up): its turn does not
 * count as passed.  As fast as the call above. */
void fair_queue_remove(struct fair_queue *queue, struct fair_item *item);

#endif
