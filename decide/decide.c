/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "decide/decide.h"

#include <string.h>

/* --- user and VM ---------------------------------------------------------- */

/* REASON_GRANT stands for "nothing against this user", here and below. */
static enum reason
decide_check_user(const struct decide_user *user, const struct moment *now)
{
	if (!user->found)
		return REASON_USER_UNKNOWN;
	if (!user->enabled)
		return REASON_USER_DISABLED;
	if (user->expires == NULL)
		return REASON_GRANT;
	/* The schema refuses such a time, but its rules are triggers, which
	 * can be dropped: a time that can't be compared refuses. */
	if (now->utc[0] == '\0' || !moment_valid(user->expires))
		return REASON_BAD_ROW;
	return strcmp(now->utc, user->expires) < 0 ? REASON_GRANT :
	    REASON_USER_EXPIRED;
}

/* Every identity column that the row sets has to agree with the process, or
 * the row would apply to another VM that has only the name in common.  A
 * process without a name is found by its uuid or port; those must be known if
 * the row sets them.  VNC has a port of its own, which no row names. */
static bool
decide_vm_agrees(const struct decide_vm *row, const struct request *request)
{
	const struct request_vm *vm = &request->vm;
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

static enum reason
decide_check_vm(const struct decide_vm *row, const struct request *request)
{
	if (row->found == 0)
		return REASON_VM_UNKNOWN;
	/* Choosing one of several rows could choose the wrong VM's grants. */
	if (row->found > 1)
		return REASON_VM_AMBIGUOUS;
	if (row->name == NULL || strlen(row->name) > REQUEST_VM_NAME_MAX)
		return REASON_BAD_ROW;
	if (!decide_vm_agrees(row, request))
		return REASON_VM_MISMATCH;
	return row->enabled ? REASON_GRANT : REASON_VM_DISABLED;
}

void
decide_begin(struct decide *decide, const struct request *request,
    const struct decide_user *user, const struct decide_vm *vm,
    const struct moment *now)
{
	enum reason of_user = decide_check_user(user, now);
	enum reason of_vm = decide_check_vm(vm, request);

	memset(decide, 0, sizeof(*decide));
	decide->request = request;
	decide->now = *now;
	decide->subject = of_vm != REASON_GRANT ? of_vm : of_user;
	/* Named in the log also where the VM is refused. */
	if (vm->found == 1 && of_vm != REASON_BAD_ROW)
		strcpy(decide->vm, vm->name);
}

/* --- grants --------------------------------------------------------------- */

/* Without a service an allow is for SPICE alone, and a deny for every service:
 * an older allow must not open a VNC server that a VM gets later. */
static const char *
decide_condition_value(const struct decide_grant *grant, bool deny,
    enum condition_kind kind)
{
	if (kind == CONDITION_SERVICE && grant->condition[kind] == NULL &&
	    !deny)
		return "spice";
	return grant->condition[kind];
}

/* Judges one grant that is about the request's user and VM. */
static void
decide_match(const struct decide_grant *grant,
    const struct request *request, const struct moment *now,
    struct decide_match *match_r)
{
	const char *effect = grant->effect != NULL ? grant->effect : "";

	memset(match_r, 0, sizeof(*match_r));
	match_r->deny = strcmp(effect, "deny") == 0;
	/* An id of 0 would be lost: it stands for no grant in struct decide. */
	match_r->good = grant->id >= 1 &&
	    (match_r->deny || strcmp(effect, "allow") == 0);
	match_r->applies = match_r->good;
	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum condition_kind kind = (enum condition_kind)i;
		enum condition_result result = condition_evaluate(kind,
		    decide_condition_value(grant, match_r->deny, kind), request,
		    now);

		match_r->condition[i] = result;
		if (result == CONDITION_UNMET ||
		    (result == CONDITION_UNKNOWN && !match_r->deny))
			match_r->applies = false;
	}
}

/* The lowest id, so that the grant in the log doesn't depend on the order in
 * which the database returns the rows. */
static void
decide_store_lowest(int64_t *lowest, int64_t id)
{
	if (*lowest == 0 || id < *lowest)
		*lowest = id;
}

static bool
decide_has_certificate(const struct request_certificate *certificate)
{
	return certificate->cn != NULL || certificate->name_count != 0 ||
	    certificate->sha256 != NULL;
}

/* Remembers the allow with the lowest id and the first condition of it that is
 * not met, so that the log names what is missing. */
static void
decide_note_unmet(struct decide *decide, int64_t id,
    const struct decide_match *match)
{
	int kind = 0;

	if (decide->unmet != 0 && decide->unmet < id)
		return;
	while (kind < CONDITION_COUNT - 1 &&
	    match->condition[kind] == CONDITION_MET)
		kind++;
	decide->unmet = id;
	decide->unmet_reason =
	    condition_unmet_reason((enum condition_kind)kind);
	if (decide->unmet_reason == REASON_CERT_MISMATCH &&
	    !decide_has_certificate(&decide->request->certificate))
		decide->unmet_reason = REASON_CERT_MISSING;
}

void
decide_add(struct decide *decide, const struct decide_grant *grant,
    struct decide_match *match_r)
{
	struct decide_match match;

	decide_match(grant, decide->request, &decide->now, &match);
	/* Finding the account costs system calls: only for such a grant. */
	if (grant->condition[CONDITION_LOCAL_USER] != NULL &&
	    decide->request->local == REQUEST_LOCAL_UNKNOWN &&
	    !decide->request->local_asked)
		decide->wants_local_user = true;
	if (!match.good)
		decide->bad_row = true;
	else if (match.applies)
		decide_store_lowest(match.deny ? &decide->deny : &decide->allow,
		    grant->id);
	else if (!match.deny)
		decide_note_unmet(decide, grant->id, &match);
	if (match_r != NULL)
		*match_r = match;
}

void
decide_end(const struct decide *decide, struct decision *decision_r)
{
	memset(decision_r, 0, sizeof(*decision_r));
	strcpy(decision_r->vm, decide->vm);
	decision_r->wants_local_user = decide->wants_local_user;
	decision_r->verdict = VERDICT_DENY;

	/* A malformed row may be a deny, so it precedes every grant; a deny
	 * precedes every allow. */
	if (decide->subject != REASON_GRANT) {
		decision_r->reason = decide->subject;
	} else if (decide->bad_row) {
		decision_r->reason = REASON_BAD_ROW;
	} else if (decide->deny != 0) {
		decision_r->reason = REASON_DENY_GRANT;
		decision_r->grant = decide->deny;
	} else if (decide->allow != 0) {
		decision_r->verdict = VERDICT_ALLOW;
		decision_r->reason = REASON_GRANT;
		decision_r->grant = decide->allow;
	} else if (decide->unmet != 0) {
		decision_r->reason = decide->unmet_reason;
		decision_r->grant = decide->unmet;
	} else {
		decision_r->reason = REASON_NO_GRANT;
	}
}
