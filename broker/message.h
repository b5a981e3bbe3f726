/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The messages between QEMU's plugin (and the administrator's commands) and
 * vmauthzd, on its socket "broker".  vmauthz-broker(7) has the table.
 *
 * A message is one packet of a SOCK_SEQPACKET socket, at most
 * BROKER_MESSAGE_MAX octets: version (u8), type (u8), id (u32), then the
 * fields of its type in fixed order and nothing after them.  Numbers are big
 * endian; a text is its length (u16), its octets, and one zero octet, which
 * the length doesn't count; no other zero octet is in it.  So a decoded text
 * is a pointer into the packet. */

#ifndef VMAUTHZ_BROKER_MESSAGE_H
#define VMAUTHZ_BROKER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/request.h"
#include "scram/verifier.h"

enum {
	BROKER_VERSION = 2,
	BROKER_MESSAGE_MAX = 16384,	/* octets of a packet */
	BROKER_NAMES_MAX = 16,		/* alternative names of a certificate */
	BROKER_MECHANISM_MAX = 31,	/* octets of a login's mechanism */
	BROKER_PASSWORD_MAX = 1023,	/* octets of a password */
	BROKER_VERSION_TEXT_MAX = 128,	/* of broker_version_text(), with NUL */
	BROKER_TICKET_MECHANISMS = 3,	/* verifiers of a ticket */
};

enum broker_type {
	/* from the plugin; each but END is answered by one message */
	BROKER_LOOKUP = 1,	/* a verifier, please: answered by VERIFIER */
	BROKER_PASSWORD,	/* is that the user's password? RESULT */
	BROKER_DECIDE,		/* may the user in? DECISION */
	BROKER_END,		/* a channel is closed; no answer */
	/* from an operator's command */
	BROKER_TICKET,		/* ISSUED */

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
	BROKER_E_POLICY,	/* the policy could not be asked */
	BROKER_E_BUSY,		/* too much to do */
	BROKER_E_VALUE,		/* a field that makes no sense */
};

/* Every message decoded, or to be encoded; only the members of its type count.
 * NULL and "" are the same on the wire, and come out as NULL. */
struct broker_message {
	uint8_t version;		/* encoding: 0 is BROKER_VERSION, and
					 * an ERROR may have another */
	enum broker_type type;
	uint32_t id;			/* the answer repeats it */
	/* LOOKUP, PASSWORD, DECIDE: the user, as name@realm or a name alone,
	 * and the rest.  The wire has of login.request neither the user nor,
	 * but for its port, the VM: the daemon finds out who is asking. */
	const char *user;
	struct request_login login;
	const char *names[BROKER_NAMES_MAX]; /* decoding: of the certificate */
	const char *password;		/* PASSWORD */
	uint64_t attempt;		/* VERIFIER, RESULT: its number, never
					 * 0; DECIDE: that number, 0: none */
	bool proved;			/* DECIDE: the mechanism is content */
	const char *refusal;		/* DECIDE: what the plugin refuses for
					 * in any case; NULL: nothing */
	uint64_t session;		/* END, DECISION; 0: none */
	int64_t revision;		/* DECISION: of the policy; 0: none */
	struct {
		const char *user;
		const char *vm;
		uint32_t seconds;	/* it is good for */
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
	bool wants_local_user;		/* DECISION: ask once more, with
					 * request.local_asked set */
	uint64_t ticket_id;		/* ISSUED */
	uint16_t error;			/* ERROR */
	const char *text;		/* ERROR */
};

/* Writes a message; returns its octets, or 0 if it does not fit or a text has
 * more than its type allows.  The caller wipes a packet that held a secret. */
size_t broker_encode(unsigned char packet[BROKER_MESSAGE_MAX],
    const struct broker_message *message);

/* Takes a packet apart.  Returns 0, or BROKER_E_VERSION or BROKER_E_MALFORMED
 * (positive) with *message_r cleared but for version, type and id, if they
 * were there; text in *message_r points into packet. */
int broker_decode(struct broker_message *message_r,
    const unsigned char *packet, size_t size);

/* Which side to upgrade, one sentence: the daemon's version is not that of who
 * asked it a question of that type. */
void broker_version_text(char text_r[BROKER_VERSION_TEXT_MAX],
    unsigned int daemon, unsigned int asker, enum broker_type question);

/* One sentence for a code, never NULL. */
const char *broker_strerror(int error);

#endif
