/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A queue in which everybody has turns of their own: the first item of each
 * key comes before the second one of any, so that who puts in much waits
 * behind nobody but themselves.  Bounded in all and for each key.  Nothing
 * here locks. */

#ifndef VMAUTHZ_BASE_FAIR_QUEUE_H
#define VMAUTHZ_BASE_FAIR_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fair_key;

/* A member of what the caller puts in; the caller owns it, and keeps it where
 * it is while it waits.  Zero: it doesn't wait. */
struct fair_item {
	struct fair_key *key;		/* NULL: not in a queue */
	struct fair_item *previous, *next;	/* of its key */
	uint64_t turn;			/* one item of each key has it */
	uint64_t order;			/* among those of one turn */
};

/* Zero but for the bounds: an empty queue, which owns nothing. */
struct fair_queue {
	size_t max, max_per_key;	/* items */
	size_t count;
	uint64_t turn;			/* the latest that was taken */
	uint64_t order;			/* of the latest item */
	struct fair_key *keys;		/* that have items */
};

/* Puts an item in; the key is copied.  False if the queue is full, in all or
 * for this key, or there is no memory; the item is then as it was.  O(keys) */
bool fair_queue_put(struct fair_queue *queue, struct fair_item *item,
    const char *key);

/* Whether a key's items may be taken now. */
typedef bool fair_queue_ready_cb(void *context, const char *key);

/* The item whose turn it is among the keys that are ready (NULL: all are); it
 * stays in the queue.  NULL if there is none.  O(keys) */
struct fair_item *fair_queue_first(const struct fair_queue *queue,
    fair_queue_ready_cb *ready, void *context);

/* Takes an item out because it has had its turn.  O(keys) when it was the
 * last of its key, else O(1); so are the next two. */
void fair_queue_take(struct fair_queue *queue, struct fair_item *item);

/* Takes it out for another reason: the turn is still to come. */
void fair_queue_remove(struct fair_queue *queue, struct fair_item *item);

/* The latest item of the key that has most, for a caller that would rather
 * remove that one than refuse somebody else; NULL if the queue is empty.  Of
 * keys that have the same number, the one that came last.  O(keys) */
struct fair_item *fair_queue_surplus(const struct fair_queue *queue);

#endif
