/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/decide.h"

#include <sqlite3.h>
#include <string.h>

/* a pattern of 255 octets, every %u of it expanded and escaped */
enum { PATTERN_MAX = 2048 };

static const char *const reason_text[] = {
	[REASON_NO_GRANT] = "no grant",
	[REASON_GRANT] = "allowed by grant",
	[REASON_DENY_GRANT] = "denied by grant",
	[REASON_CERT_MISSING] = "a grant asks for a client certificate",
	[REASON_CERT_MISMATCH] = "a grant asks for another client certificate",
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

const char *
policy_reason_text(enum policy_reason reason)
{
	return (unsigned int)reason < REASON_COUNT ? reason_text[reason] :
	    "unknown reason";
}

/* A time that the schema would take is one that survives the way through
 * struct tm unchanged; anything else has no meaning here. */
static bool
parse_utc(const char *text, time_t *when_r)
{
	struct tm tm;
	char back[32];
	const char *end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*when_r = timegm(&tm);
	return strftime(back, sizeof(back), "%Y-%m-%d %H:%M", &tm) != 0 &&
	    strcmp(back, text) == 0;
}

static enum policy_reason
judge_user(const struct policy_user_row *user, time_t now)
{
	time_t expires;

	if (!user->found)
		return REASON_USER_UNKNOWN;
	if (!user->enabled)
		return REASON_USER_DISABLED;
	if (user->expires == NULL)
		return REASON_GRANT;
	if (!parse_utc(user->expires, &expires))
		return REASON_BAD_ROW;
	return now < expires ? REASON_GRANT : REASON_USER_EXPIRED;
}

/* Every identity column that the row sets has to agree with the process.  A
 * process without a name is found by its uuid or port; those must be there
 * if the row sets them. */
static enum policy_reason
judge_vm(const struct policy_vm_row *row, const struct policy_vm *vm)
{
	if (row->found == 0)
		return REASON_VM_UNKNOWN;
	if (row->found > 1)
		return REASON_VM_AMBIGUOUS;
	if (row->name == NULL || strlen(row->name) > POLICY_VM_NAME_MAX)
		return REASON_BAD_ROW;
	if (vm->name != NULL && strcmp(vm->name, row->name) != 0)
		return REASON_VM_MISMATCH;
	if (row->uuid != NULL &&
	    (vm->uuid == NULL || strcmp(vm->uuid, row->uuid) != 0))
		return REASON_VM_MISMATCH;
	if (row->spice_port != 0 && row->spice_port != vm->port)
		return REASON_VM_MISMATCH;
	return row->enabled ? REASON_GRANT : REASON_VM_DISABLED;
}

void
decide_begin(struct decide *decide, const struct policy_request *request,
    const struct policy_user_row *user, const struct policy_vm_row *vm,
    time_t now)
{
	enum policy_reason of_user = judge_user(user, now);
	enum policy_reason of_vm = judge_vm(vm, &request->vm);

	memset(decide, 0, sizeof(*decide));
	decide->request = request;
	decide->subject = of_vm != REASON_GRANT ? of_vm : of_user;
	if (vm->found == 1 && of_vm != REASON_BAD_ROW)
		strcpy(decide->vm, vm->name);
}

/* Appends the user's name to the pattern at out, so that every character of
 * it stands for itself: in a GLOB, [x] is x. */
static size_t
expand_user(char *out, size_t room, const struct identity *user)
{
	size_t used = 0;

	for (size_t i = 0; i < user->name_length; i++) {
		char c = user->text[i];
		bool special = c == '*' || c == '?' || c == '[';

		if (used + 3 > room)
			return 0;
		if (special)
			out[used++] = '[';
		out[used++] = c;
		if (special)
			out[used++] = ']';
	}
	return used;
}

/* Where the bracket expression at pattern ends, NULL if it never does: a
 * first ']' in it, after a '^' if there is one, stands for itself. */
static const char *
bracket_end(const char *pattern)
{
	pattern++;
	pattern += *pattern == '^';
	pattern += *pattern == ']';
	return strchr(pattern, ']');
}

static bool
expand_pattern(char out[PATTERN_MAX], const char *pattern,
    const struct identity *user)
{
	size_t used = 0, added;

	for (; *pattern != '\0'; pattern++) {
		if (used + 2 > PATTERN_MAX ||
		    (*pattern == '[' && bracket_end(pattern) == NULL))
			return false;
		if (*pattern != '%' || pattern[1] == '%') {
			pattern += *pattern == '%';
			out[used++] = *pattern;
			continue;
		}
		pattern++;
		added = *pattern == 'u' ? expand_user(out + used,
		    PATTERN_MAX - 1 - used, user) : 0;
		if (added == 0)
			return false;
		used += added;
	}
	out[used] = '\0';
	return true;
}

static void
fold(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
	}
}

enum policy_condition
decide_cert_cn(const char *pattern, const struct identity *user,
    const char *cn)
{
	char expanded[PATTERN_MAX], folded[PATTERN_MAX];

	if (cn == NULL || strlen(cn) >= sizeof(folded) ||
	    !expand_pattern(expanded, pattern, user))
		return CONDITION_UNKNOWN;
	strcpy(folded, cn);
	fold(folded);
	fold(expanded);
	return sqlite3_strglob(expanded, folded) == 0 ? CONDITION_MET :
	    CONDITION_UNMET;
}

static void
keep_lowest(int64_t *lowest, int64_t id)
{
	if (*lowest == 0 || id < *lowest)
		*lowest = id;
}

static void
note_unmet(struct decide *decide, int64_t id, enum policy_condition cert)
{
	if (decide->unmet != 0 && decide->unmet < id)
		return;
	decide->unmet = id;
	decide->unmet_reason = cert == CONDITION_UNKNOWN &&
	    decide->request->cert_cn == NULL ? REASON_CERT_MISSING :
	    REASON_CERT_MISMATCH;
}

void
decide_add(struct decide *decide, const struct policy_grant *grant)
{
	enum policy_condition cert = CONDITION_MET;

	if (grant->cert_cn != NULL)
		cert = decide_cert_cn(grant->cert_cn, decide->request->user,
		    decide->request->cert_cn);

	if (grant->id < 1) {
		decide->bad_row = true;		/* 0 stands for none here */
	} else if (grant->effect != NULL &&
	    strcmp(grant->effect, "deny") == 0) {
		if (cert != CONDITION_UNMET)
			keep_lowest(&decide->deny, grant->id);
	} else if (grant->effect != NULL &&
	    strcmp(grant->effect, "allow") == 0) {
		if (cert == CONDITION_MET)
			keep_lowest(&decide->allow, grant->id);
		else
			note_unmet(decide, grant->id, cert);
	} else {
		decide->bad_row = true;
	}
}

void
decide_end(const struct decide *decide, struct policy_decision *decision_r)
{
	memset(decision_r, 0, sizeof(*decision_r));
	strcpy(decision_r->vm, decide->vm);
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
