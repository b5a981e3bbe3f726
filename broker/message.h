/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The messages between vmauthzd and its clients, QEMU's plugin and `vmauthz
 * ticket`, on the socket "broker".  vmauthz-broker(7) has the table.
 *
 * A message is one packet of a SOCK_SEQPACKET socket, at most
 * BROKER_MESSAGE_MAX octets: version (u8), type (u8), id (u32), then the
 * fields of its type in fixed order and nothing after them.  Numbers are big
 * endian; a text is its length (u16), its octets, and one zero octet, which
 * the length doesn't count; no other zero octet is allowed.  So a decoded text
 * is a pointer into the packet, and nothing is allocated. */

#ifndef VMAUTHZ_BROKER_MESSAGE_H
#define VMAUTHZ_BROKER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/request.h"
#include "scram/verifier.h"

enum {
	BROKER_VERSION = 2,
	BROKER_ANSWER_BIT = 0x80,	/* in the type of an answer */
	BROKER_MESSAGE_MAX = 16384,	/* octets of a packet */
	BROKER_NAMES_MAX = 16,		/* alternative names of a certificate */
	BROKER_CERT_NAME_MAX = 260,	/* octets of its CN, or one of those */
	BROKER_MECHANISM_MAX = 31,	/* octets of a login's mechanism */
	BROKER_PASSWORD_MAX = 1023,	/* octets of a password */
	BROKER_VERSION_TEXT_MAX = 128,	/* of broker_version_text(), with NUL */
	BROKER_TICKET_MECHANISMS = 3,	/* verifiers of a ticket */
};

enum broker_type {
	/* from the plugin; each but END is answered by one message */
	BROKER_LOOKUP = 1,	/* for a verifier: VERIFIER */
	BROKER_PASSWORD,	/* whether a password is right: RESULT */
	BROKER_DECIDE,		/* whether a login is allowed: DECISION */
	BROKER_END,		/* a channel is closed; no answer */
	/* from an operator's command */
	BROKER_TICKET,		/* for a ticket: ISSUED */

	/* each is its question's number with BROKER_ANSWER_BIT */
	BROKER_VERIFIER = 0x81,
	BROKER_RESULT,
	BROKER_DECISION,
	BROKER_ISSUED = 0x85,
	BROKER_ERROR = 0xff,	/* answers any: a code and a sentence */
};

enum broker_error {
	BROKER_E_VERSION = 1,	/* not BROKER_VERSION */
	BROKER_E_MALFORMED,	/* unknown type, or not its fields */
	BROKER_E_FORBIDDEN,	/* not for this peer */
	BROKER_E_POLICY,	/* the policy could not be read */
	BROKER_E_BUSY,		/* too many requests are waiting */
	BROKER_E_VALUE,		/* a value that the request can't have */
};

/* A decoded message, or one to be encoded; only the members of its type are
 * used.  NULL and "" are the same on the wire, and are decoded as NULL. */
struct broker_message {
	uint8_t version;		/* encoding: 0 is BROKER_VERSION, and
					 * an ERROR may have another */
	enum broker_type type;
	uint32_t id;			/* the answer repeats it */
	/* LOOKUP, PASSWORD, DECIDE: the user, as name@realm or a name alone,
	 * and the rest.  The wire has of login.request neither the user nor,
	 * but for its port, the VM: the daemon finds out which VM its client
	 * is, so that a VM can't claim to be another. */
	const char *user;
	struct request_login login;
	const char *names[BROKER_NAMES_MAX]; /* decoding: of the certificate */
	const char *password;		/* PASSWORD */
	uint64_t attempt;		/* VERIFIER, RESULT: its number, never
					 * 0; DECIDE: that number, 0: none */
	bool proved;			/* DECIDE: the mechanism succeeded */
	const char *refusal;		/* DECIDE: the plugin's own reason to
					 * refuse; NULL: none */
	uint64_t session;		/* END, DECISION; 0: none */
	int64_t revision;		/* DECISION: of the policy; 0: none */
	struct {
		const char *user;
		const char *vm;
		uint32_t seconds;	/* until it expires */
		const char *from;	/* address or prefix; NULL: anywhere */
		size_t count;
		struct {
			const char *mechanism;
			struct verifier verifier;
		} verifiers[BROKER_TICKET_MECHANISMS];
	} ticket;			/* TICKET */
	struct verifier verifier;	/* VERIFIER */
	bool right;			/* RESULT */
	bool allowed;			/* DECISION */
	bool wants_local_user;		/* DECISION: send DECIDE again, with
					 * request.local_asked set */
	uint64_t ticket_id;		/* ISSUED */
	uint16_t error;			/* ERROR */
	const char *text;		/* ERROR */
};

/* Encodes a message.  Returns the octets of the packet, or 0 if the message
 * does not fit or a field is larger than its type allows.  The caller wipes a
 * packet that holds a secret. */
size_t broker_encode(unsigned char packet[BROKER_MESSAGE_MAX],
    const struct broker_message *message);

/* Decodes a packet; the texts of *message_r point into it.  Returns 0, or
 * BROKER_E_VERSION or BROKER_E_MALFORMED (positive) with *message_r cleared but
 * for version, type and id, if the packet has them. */
int broker_decode(struct broker_message *message_r,
    const unsigned char *packet, size_t size);

/* One sentence that says which side to upgrade, for a daemon and a client of
 * different versions; question is the type of the client's message. */
void broker_version_text(char text_r[BROKER_VERSION_TEXT_MAX],
    unsigned int daemon, unsigned int client, enum broker_type question);

/* One sentence for a code, never NULL. */
const char *broker_strerror(int error);

#endif
