/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A set of passwords that were checked a moment ago, each with its VM, user and
 * address, for a limited time.  With it all channels of a session can present
 * the same one-time password.  The set stores keyed hashes alone, with a key
 * that is never written anywhere: they are of no use outside this process. */

#ifndef VMAUTHZD_LOGIN_RECENT_PASSWORD_H
#define VMAUTHZD_LOGIN_RECENT_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

struct recent_password;

enum {
	RECENT_PASSWORD_MAX = 4096,	/* entries */
	RECENT_PASSWORD_TAG_SIZE = 32,	/* octets of an HMAC-SHA-256 */
};

/* What an entry is about. */
struct recent_password_key {
	const char *vm, *user, *client;	/* client "": unknown */
	const char *password;
};

/* Makes an empty set with a random key.  Returns 0, ERROR_MEMORY or
 * ERROR_CRYPTO.  Freeing wipes it. */
int recent_password_new(struct recent_password **recent_r);
void recent_password_free(struct recent_password **recent);

/* Computes the tag of an entry: HMAC-SHA-256 over the lengths and texts of all
 * four.  Returns 0 or ERROR_CRYPTO. */
int recent_password_tag(const struct recent_password *recent,
    const struct recent_password_key *key,
    unsigned char tag_r[RECENT_PASSWORD_TAG_SIZE]);

/* Adds a tag that stays until a time, and asks whether there is one at a time,
 * both in seconds of a monotonic clock.  A full set drops the entry that ends
 * first.  A tag that is there already keeps the later end. */
void recent_password_add(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t until);
bool recent_password_has(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t now);
void recent_password_forget_all(struct recent_password *recent);

#endif
