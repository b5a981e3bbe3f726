/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/decide.h"

#include <string.h>

static const char *const reason_text[] = {
	[REASON_NO_GRANT] = "no grant",
	[REASON_GRANT] = "allowed by grant",
	[REASON_DENY_GRANT] = "denied by grant",
	[REASON_CERT_MISSING] = "a grant asks for a client certificate",
	[REASON_CERT_MISMATCH] = "a grant asks for another client certificate",
	[REASON_SERVICE] = "a grant is for another service",
	[REASON_CLIENT_NET] = "a grant asks for another client address",
	[REASON_LOCAL_USER] = "a grant asks for another local account",
	[REASON_TOO_EARLY] = "a grant begins later",
	[REASON_TOO_LATE] = "a grant has ended",
	[REASON_HOURS] = "a grant is for other hours",
	[REASON_USER_UNKNOWN] = "unknown user",
	[REASON_USER_DISABLED] = "user disabled",
	[REASON_USER_EXPIRED] = "user expired",
	[REASON_VM_UNKNOWN] = "unknown VM",
	[REASON_VM_AMBIGUOUS] = "several VMs fit",
	[REASON_VM_DISABLED] = "VM disabled",
	[REASON_VM_MISMATCH] = "VM identity mismatch",
	[REASON_BAD_ROW] = "a row of the policy that makes no sense",
	[REASON_POLICY_ERROR] = "policy unavailable",
};
_Static_assert(sizeof(reason_text) / sizeof(reason_text[0]) == REASON_COUNT,
    "every reason has a text");

/* Why an allow did not match, by the condition that is not met. */
static const enum policy_reason unmet_reason[] = {
	[CONDITION_SERVICE] = REASON_SERVICE,
	[CONDITION_CERT_CN] = REASON_CERT_MISMATCH,
	[CONDITION_CERT_SAN] = REASON_CERT_MISMATCH,
	[CONDITION_CERT_SHA256] = REASON_CERT_MISMATCH,
	[CONDITION_CLIENT_NET] = REASON_CLIENT_NET,
	[CONDITION_LOCAL_USER] = REASON_LOCAL_USER,
	[CONDITION_NOT_BEFORE] = REASON_TOO_EARLY,
	[CONDITION_NOT_AFTER] = REASON_TOO_LATE,
	[CONDITION_HOURS] = REASON_HOURS,
};
_Static_assert(sizeof(unmet_reason) / sizeof(unmet_reason[0]) ==
    CONDITION_COUNT, "every condition has a reason");

const char *
policy_reason_text(enum policy_reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? reason_text[reason] :
	    "unknown reason";
}

/* --- user and VM ----------------------------------------------------------- */

static enum policy_reason
judge_user(const struct policy_user_row *user, const struct policy_time *now)
{
	if (!user->found)
		return REASON_USER_UNKNOWN;
	if (!user->enabled)
		return REASON_USER_DISABLED;
	if (user->expires == NULL)
		return REASON_GRANT;
	if (now->utc[0] == '\0' || !policy_time_valid(user->expires))
		return REASON_BAD_ROW;
	return strcmp(now->utc, user->expires) < 0 ? REASON_GRANT :
	    REASON_USER_EXPIRED;
}

/* Every identity column that the row sets has to agree with the process.  A
 * process without a name is found by its uuid or port; those must be there
 * if the row sets them.  VNC has a port of its own, which no row names. */
static bool
agrees(const struct policy_vm_row *row, const struct policy_request *request)
{
	const struct policy_vm *vm = &request->vm;
	bool vnc = request->service != NULL &&
	    strcmp(request->service, "vnc") == 0;

	if (vm->name != NULL && strcmp(vm->name, row->name) != 0)
		return false;
	if (vm->by_name_alone)
		return vm->name != NULL;
	if (row->uuid != NULL &&
	    (vm->uuid == NULL || strcmp(vm->uuid, row->uuid) != 0))
		return false;
	return row->spice_port == 0 || vnc || vm->any_port ||
	    row->spice_port == vm->port;
}

static enum policy_reason
judge_vm(const struct policy_vm_row *row, const struct policy_request *request)
{
	if (row->found == 0)
		return REASON_VM_UNKNOWN;
	if (row->found > 1)
		return REASON_VM_AMBIGUOUS;
	if (row->name == NULL || strlen(row->name) > POLICY_VM_NAME_MAX)
		return REASON_BAD_ROW;
	if (!agrees(row, request))
		return REASON_VM_MISMATCH;
	return row->enabled ? REASON_GRANT : REASON_VM_DISABLED;
}

void
decide_begin(struct decide *decide, const struct policy_request *request,
    const struct policy_user_row *user, const struct policy_vm_row *vm,
    const struct policy_time *now)
{
	enum policy_reason of_user = judge_user(user, now);
	enum policy_reason of_vm = judge_vm(vm, request);

	memset(decide, 0, sizeof(*decide));
	decide->request = request;
	decide->now = *now;
	decide->subject = of_vm != REASON_GRANT ? of_vm : of_user;
	if (vm->found == 1 && of_vm != REASON_BAD_ROW)
		strcpy(decide->vm, vm->name);
}

/* --- grants ---------------------------------------------------------------- */

/* An allow is for SPICE alone unless it says more, a deny for everything
 * unless it says less. */
static const char *
condition_value(const struct policy_grant *grant, bool deny,
    enum policy_condition_kind kind)
{
	if (kind == CONDITION_SERVICE && grant->condition[kind] == NULL &&
	    !deny)
		return "spice";
	return grant->condition[kind];
}

void
decide_grant(const struct policy_grant *grant,
    const struct policy_request *request, const struct policy_time *now,
    struct policy_verdict *verdict_r)
{
	const char *effect = grant->effect != NULL ? grant->effect : "";

	memset(verdict_r, 0, sizeof(*verdict_r));
	verdict_r->deny = strcmp(effect, "deny") == 0;
	/* 0 stands for none here */
	verdict_r->good = grant->id >= 1 &&
	    (verdict_r->deny || strcmp(effect, "allow") == 0);
	verdict_r->applies = verdict_r->good;
	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum policy_condition_kind kind = (enum policy_condition_kind)i;
		enum policy_condition result = condition_judge(kind,
		    condition_value(grant, verdict_r->deny, kind), request,
		    now);

		verdict_r->condition[i] = result;
		if (result == CONDITION_UNMET ||
		    (result == CONDITION_UNKNOWN && !verdict_r->deny))
			verdict_r->applies = false;
	}
}

static void
keep_lowest(int64_t *lowest, int64_t id)
{
	if (*lowest == 0 || id < *lowest)
		*lowest = id;
}

static bool
is_about_certificate(int kind)
{
	return kind == CONDITION_CERT_CN || kind == CONDITION_CERT_SAN ||
	    kind == CONDITION_CERT_SHA256;
}

static bool
has_certificate(const struct policy_certificate *certificate)
{
	return certificate->cn != NULL || certificate->name_count != 0 ||
	    certificate->sha256 != NULL;
}

static void
note_unmet(struct decide *decide, int64_t id,
    const struct policy_verdict *verdict)
{
	int kind = 0;

	if (decide->unmet != 0 && decide->unmet < id)
		return;
	while (kind < CONDITION_COUNT - 1 &&
	    verdict->condition[kind] == CONDITION_MET)
		kind++;
	decide->unmet = id;
	decide->unmet_reason = is_about_certificate(kind) &&
	    !has_certificate(&decide->request->certificate) ?
	    REASON_CERT_MISSING : unmet_reason[kind];
}

void
decide_add(struct decide *decide, const struct policy_grant *grant,
    struct policy_verdict *verdict_r)
{
	struct policy_verdict verdict;

	decide_grant(grant, decide->request, &decide->now, &verdict);
	if (grant->condition[CONDITION_LOCAL_USER] != NULL &&
	    decide->request->local == LOCAL_UNKNOWN &&
	    !decide->request->local_asked)
		decide->wants_local_user = true;
	if (!verdict.good)
		decide->bad_row = true;
	else if (verdict.applies)
		keep_lowest(verdict.deny ? &decide->deny : &decide->allow,
		    grant->id);
	else if (!verdict.deny)
		note_unmet(decide, grant->id, &verdict);
	if (verdict_r != NULL)
		*verdict_r = verdict;
}

void
decide_end(const struct decide *decide, struct policy_decision *decision_r)
{
	memset(decision_r, 0, sizeof(*decision_r));
	strcpy(decision_r->vm, decide->vm);
	decision_r->wants_local_user = decide->wants_local_user;
	decision_r->outcome = POLICY_DENY;

	if (decide->subject != REASON_GRANT) {
		decision_r->reason = decide->subject;
	} else if (decide->bad_row) {
		decision_r->reason = REASON_BAD_ROW;
	} else if (decide->deny != 0) {
		decision_r->reason = REASON_DENY_GRANT;
		decision_r->grant = decide->deny;
	} else if (decide->allow != 0) {
		decision_r->outcome = POLICY_ALLOW;
		decision_r->reason = REASON_GRANT;
		decision_r->grant = decide->allow;
	} else if (decide->unmet != 0) {
		decision_r->reason = decide->unmet_reason;
		decision_r->grant = decide->unmet;
	} else {
		decision_r->reason = REASON_NO_GRANT;
	}
}
