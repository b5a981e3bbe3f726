/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The decision itself: a pure function of a request, of what the policy says
 * about its user, its VM and their grants, and of the time.  Whoever wants to
 * know why a login was refused reads decide.c. */

#ifndef VMAUTHZ_POLICY_DECIDE_H
#define VMAUTHZ_POLICY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "policy/identity.h"

enum {
	POLICY_VM_NAME_MAX = 255,	/* octets */
	POLICY_UUID_LENGTH = 36,	/* "8-4-4-4-12", lower case */
};

enum policy_outcome {
	POLICY_DENY = 0,
	POLICY_ALLOW,
	POLICY_UNKNOWN,		/* could not tell: to be treated as a denial */
};

enum policy_reason {
	REASON_NO_GRANT = 0,
	REASON_GRANT,		/* allowed by the grant that is named */
	REASON_DENY_GRANT,	/* denied by the grant that is named */
	REASON_CERT_MISSING,	/* an allow wants a certificate, none there */
	REASON_CERT_MISMATCH,	/* an allow wants another certificate's CN */
	REASON_USER_UNKNOWN,
	REASON_USER_DISABLED,
	REASON_USER_EXPIRED,
	REASON_VM_UNKNOWN,
	REASON_VM_AMBIGUOUS,	/* several rows fit */
	REASON_VM_DISABLED,
	REASON_VM_MISMATCH,	/* name, uuid or port of its row differ */
	REASON_BAD_ROW,		/* a value that the schema would have refused */
	REASON_POLICY_ERROR,	/* see policy_detail() */
	REASON_COUNT
};

/* A VM, as the process that runs it describes itself. */
struct policy_vm {
	const char *name;	/* NULL: it has none */
	const char *uuid;	/* lower case, NULL: it has none */
	uint16_t port;		/* that the client reached, 0: unknown */
};

struct policy_request {
	const struct identity *user;	/* proved by the mechanism */
	struct policy_vm vm;
	const char *cert_cn;	/* of the verified client certificate, or NULL */
};

struct policy_decision {
	enum policy_outcome outcome;
	enum policy_reason reason;
	int64_t grant;			/* id of the grant that decided, or 0 */
	char vm[POLICY_VM_NAME_MAX + 1]; /* name of the VM's row, or "" */
};

/* What the policy says, as a decision needs it.  Text belongs to the caller
 * and may be NULL where a column is. */
struct policy_user_row {
	bool found;
	bool enabled;
	const char *expires;	/* UTC "YYYY-MM-DD HH:MM" or NULL: never */
};

struct policy_vm_row {
	unsigned int found;	/* how many rows fit */
	bool enabled;
	const char *name;
	const char *uuid;
	int64_t spice_port;	/* 0: not set */
};

struct policy_grant {
	int64_t id;
	const char *effect;	/* "allow" or "deny" */
	const char *cert_cn;	/* glob, or NULL: any */
};

/* A decision in the making: begin, add every grant that names this user (or
 * everybody) and this VM (or every VM) in any order, end. */
struct decide {
	const struct policy_request *request;
	enum policy_reason subject;	/* what speaks against user or VM */
	int64_t allow, deny;		/* lowest ids that match */
	int64_t unmet;			/* an allow that almost matched */
	enum policy_reason unmet_reason;
	bool bad_row;
	char vm[POLICY_VM_NAME_MAX + 1];
};

void decide_begin(struct decide *decide, const struct policy_request *request,
    const struct policy_user_row *user, const struct policy_vm_row *vm,
    time_t now);
void decide_add(struct decide *decide, const struct policy_grant *grant);
void decide_end(const struct decide *decide,
    struct policy_decision *decision_r);

/* One phrase for each reason, for people, never NULL. */
const char *policy_reason_text(enum policy_reason reason);

/* What a condition of a grant comes to.  An allow needs all its conditions
 * met; a deny stands unless one of them is unmet. */
enum policy_condition {
	CONDITION_UNMET = 0,
	CONDITION_MET,
	CONDITION_UNKNOWN,	/* can't be evaluated: nothing to compare with */
};

/* Compares a certificate's CN (NULL: none) with a pattern: a glob as SQLite's
 * GLOB, ASCII case ignored, in which %u stands for the user's name without
 * the realm, taken literally, and %% for a per cent sign.  Another '%', or a
 * pattern too long once expanded, is CONDITION_UNKNOWN. */
enum policy_condition decide_cert_cn(const char *pattern,
    const struct identity *user, const char *cn);

#endif
