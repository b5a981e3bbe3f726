/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The protocol between the worker and a PAM helper: a question and its answer,
 * a packet of fixed size each, on a SOCK_SEQPACKET pair.  Both sides are forks
 * of the same program, so that structs can be sent as they are. */

#ifndef VMAUTHZD_PAM_PAM_MESSAGE_H
#define VMAUTHZD_PAM_PAM_MESSAGE_H

#include "broker/message.h"
#include "decide/identity.h"
#include "saslauthd-ext/config/config.h"

enum { PAM_ADDRESS_MAX = 63 };	/* octets of a numeric address */

/* Every text ends in a NUL within its array; the helper refuses others.  The
 * names are PAM's: pam_start(3), pam_set_item(3). */
struct pam_question {
	uint32_t id;			/* returned in the answer */
	char service[CONFIG_SERVICE_MAX + 1];
	char user[IDENTITY_MAX + 1];
	char tty[REQUEST_VM_NAME_MAX + 1];	/* the VM's name */
	char rhost[PAM_ADDRESS_MAX + 1];	/* "": unknown */
	char password[BROKER_PASSWORD_MAX + 1];
};

enum pam_result {
	PAM_REFUSED = 0,	/* wrong password, or account not permitted */
	PAM_ACCEPTED,
	PAM_BROKEN,		/* no answer about the user: not a guess */
};

struct pam_answer {
	uint32_t id;
	int32_t result;		/* enum pam_result */
	int32_t code;		/* of the PAM call that decided, PAM_AUTH_ERR */
	int32_t account;	/* not 0: refused after pam_authenticate() */
};

#endif
