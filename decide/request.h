/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A login as the policy is asked about it.  All text belongs to the asker. */

#ifndef VMAUTHZ_DECIDE_REQUEST_H
#define VMAUTHZ_DECIDE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/identity.h"

enum {
	REQUEST_VM_NAME_MAX = 255,	/* octets */
	REQUEST_SHA256_SIZE = 32,	/* octets */
};

/* A VM, as the process that runs it describes itself. */
struct request_vm {
	const char *name;	/* NULL: it has none */
	const char *uuid;	/* lower case, NULL: it has none */
	uint16_t port;		/* that the client reached, 0: unknown */
	bool by_name_alone;	/* nobody's process, but a question about the
				 * VM of that name: the rest would agree */
	bool any_port;		/* who asks can't know the port, and is sure of
				 * the rest */
};

/* The client's certificate, verified.  No certificate: all of it NULL. */
struct request_certificate {
	const char *cn;			/* NULL: none that can be used */
	const char *const *names;	/* "DNS:…", "email:…", "URI:…" */
	size_t name_count;		/* 0: none that can be used */
	const unsigned char *sha256;	/* REQUEST_SHA256_SIZE octets of the
					 * fingerprint over its DER */
};

/* Who owns the client's end of a connection. */
enum request_local {
	REQUEST_LOCAL_UNKNOWN = 0,	/* nobody has looked, or it can't be told */
	REQUEST_LOCAL_REMOTE,		/* the client is on another machine */
	REQUEST_LOCAL_ACCOUNT,		/* an account of this host */
};

struct request {
	const struct identity *user;	/* proved by the mechanism */
	struct request_vm vm;
	const char *service;		/* "spice", "vnc"; NULL: unknown */
	struct request_certificate certificate;
	const char *client;		/* numeric address; NULL: unknown */
	enum request_local local;
	const char *local_user;		/* the account's name, or its number if
					 * it has no name; NULL: no account */
	const char *local_number;	/* its number; NULL: unknown */
	bool local_asked;		/* what local says is all there is */
};

#endif
