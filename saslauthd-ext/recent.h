/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Passwords that were right a moment ago, so that the channels of one session
 * may present the same one-time password.  What is kept is a keyed hash. */

#ifndef VMAUTHZD_RECENT_H
#define VMAUTHZD_RECENT_H

#include <stdbool.h>
#include <stdint.h>

struct recent;

enum { RECENT_MAX = 4096, RECENT_TAG_SIZE = 32 };

/* Whom and where a password opened what. */
struct recent_key {
	const char *vm, *user, *client;	/* client "": unknown */
	const char *password;
};

int recent_new(struct recent **recent_r);	/* makes a random key */
void recent_free(struct recent **recent);

/* HMAC-SHA-256 over the lengths and texts of all four. */
int recent_tag(const struct recent *recent, const struct recent_key *key,
    unsigned char tag_r[RECENT_TAG_SIZE]);

/* now and until: seconds of a monotonic clock.  When full, the oldest goes. */
void recent_add(struct recent *recent,
    const unsigned char tag[RECENT_TAG_SIZE], int64_t until);
bool recent_has(struct recent *recent,
    const unsigned char tag[RECENT_TAG_SIZE], int64_t now);
void recent_forget_all(struct recent *recent);

#endif
