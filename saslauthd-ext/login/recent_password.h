/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Passwords that were right a moment ago, so that the channels of one session
 * may present the same one-time password.  What is kept is a keyed hash. */

#ifndef VMAUTHZD_LOGIN_RECENT_PASSWORD_H
#define VMAUTHZD_LOGIN_RECENT_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

struct recent_password;

enum { RECENT_PASSWORD_MAX = 4096, RECENT_PASSWORD_TAG_SIZE = 32 };

/* Whom and where a password opened what. */
struct recent_password_key {
	const char *vm, *user, *client;	/* client "": unknown */
	const char *password;
};

/* Makes a random key. */
int recent_password_new(struct recent_password **recent_r);
void recent_password_free(struct recent_password **recent);

/* HMAC-SHA-256 over the lengths and texts of all four. */
int recent_password_tag(const struct recent_password *recent,
    const struct recent_password_key *key,
    unsigned char tag_r[RECENT_PASSWORD_TAG_SIZE]);

/* now and until: seconds of a monotonic clock.  When full, the oldest goes. */
void recent_password_add(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t until);
bool recent_password_has(struct recent_password *recent,
    const unsigned char tag[RECENT_PASSWORD_TAG_SIZE], int64_t now);
void recent_password_forget_all(struct recent_password *recent);

#endif
