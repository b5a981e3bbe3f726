/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "base/fair_queue.h"

#include <stdlib.h>
#include <string.h>

/* A key that has items; the first of them has the smallest turn. */
struct fair_key {
	struct fair_key *next;
	struct fair_item *first, *last;
	size_t count;
	char name[];
};

static struct fair_key *
fair_key_find(const struct fair_queue *queue, const char *name)
{
	struct fair_key *key = queue->keys;

	while (key != NULL && strcmp(key->name, name) != 0)
		key = key->next;
	return key;
}

static struct fair_key *
fair_key_new(struct fair_queue *queue, const char *name)
{
	size_t size = strlen(name) + 1;
	struct fair_key *key = calloc(1, sizeof(*key) + size);

	if (key == NULL)
		return NULL;
	memcpy(key->name, name, size);
	key->next = queue->keys;
	queue->keys = key;
	return key;
}

static void
fair_key_free(struct fair_queue *queue, struct fair_key *key)
{
	struct fair_key **at = &queue->keys;

	while (*at != key)
		at = &(*at)->next;
	*at = key->next;
	free(key);
}

/* A key's first turn is behind the queue's latest and not 1: a key that is
 * emptied and filled again would otherwise be first each time. */
static uint64_t
fair_turn(const struct fair_queue *queue, const struct fair_key *key)
{
	uint64_t turn = queue->turn + 1;

	return key->last != NULL && turn <= key->last->turn ?
	    key->last->turn + 1 : turn;
}

bool
fair_queue_put(struct fair_queue *queue, struct fair_item *item,
    const char *name)
{
	struct fair_key *key = fair_key_find(queue, name);

	if (queue->count >= queue->max ||
	    (key != NULL ? key->count : 0) >= queue->max_per_key)
		return false;
	if (key == NULL)
		key = fair_key_new(queue, name);
	if (key == NULL)
		return false;
	*item = (struct fair_item){
		.key = key,
		.previous = key->last,
		.turn = fair_turn(queue, key),
		.order = ++queue->order,
	};
	*(key->last != NULL ? &key->last->next : &key->first) = item;
	key->last = item;
	key->count++;
	queue->count++;
	return true;
}

static bool
fair_item_before(const struct fair_item *a, const struct fair_item *b)
{
	return a->turn != b->turn ? a->turn < b->turn : a->order < b->order;
}

struct fair_item *
fair_queue_first(const struct fair_queue *queue, fair_queue_ready_cb *ready,
    void *context)
{
	struct fair_item *first = NULL;

	for (const struct fair_key *key = queue->keys; key != NULL;
	    key = key->next) {
		if (first != NULL && fair_item_before(first, key->first))
			continue;
		if (ready == NULL || ready(context, key->name))
			first = key->first;
	}
	return first;
}

void
fair_queue_remove(struct fair_queue *queue, struct fair_item *item)
{
	struct fair_key *key = item->key;

	*(item->previous != NULL ? &item->previous->next : &key->first) =
	    item->next;
	*(item->next != NULL ? &item->next->previous : &key->last) =
	    item->previous;
	key->count--;
	queue->count--;
	*item = (struct fair_item){ 0 };
	if (key->count == 0)
		fair_key_free(queue, key);
}

void
fair_queue_take(struct fair_queue *queue, struct fair_item *item)
{
	if (queue->turn < item->turn)
		queue->turn = item->turn;
	fair_queue_remove(queue, item);
}
