/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* What the worker and a PAM helper say to each other: one packet each way on a
 * SOCK_SEQPACKET pair, of fixed size.  Both sides are the same program. */

#ifndef VMAUTHZD_PAM_PAM_MESSAGE_H
#define VMAUTHZD_PAM_PAM_MESSAGE_H

#include "broker/message.h"
#include "decide/identity.h"
#include "saslauthd-ext/config/config.h"

enum { PAM_ADDRESS_MAX = 63 };	/* octets of a numeric address */

/* Every text ends in a NUL within its array; PAM's names for them. */
struct pam_question {
	uint32_t id;
	char service[CONFIG_SERVICE_MAX + 1];
	char user[IDENTITY_MAX + 1];
	char tty[REQUEST_VM_NAME_MAX + 1];	/* the VM's name */
	char rhost[PAM_ADDRESS_MAX + 1];	/* "": unknown */
	char password[BROKER_PASSWORD_MAX + 1];
};

enum pam_result {
	PAM_REFUSED = 0,	/* wrong password, or the account may not */
	PAM_ACCEPTED,
	PAM_BROKEN,		/* could not be told */
};

struct pam_answer {
	uint32_t id;
	int32_t result;		/* enum pam_result */
	int32_t code;		/* of the PAM call that said so */
	int32_t account;	/* not 0: pam_acct_mgmt() said it */
};

#endif
