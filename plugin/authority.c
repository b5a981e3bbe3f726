/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/authority.h"

#include <string.h>

void
authority_free(struct authority **authority)
{
	if (*authority != NULL)
		(*authority)->kind->free(*authority);
	*authority = NULL;
}

int
authority_lookup(struct authority *authority,
    const struct request_login *login,
    struct authority_verifier *verifier_r,
    struct authority_failure *failure_r)
{
	memset(verifier_r, 0, sizeof(*verifier_r));
	memset(failure_r, 0, sizeof(*failure_r));
	return authority->kind->lookup(authority, login, verifier_r,
	    failure_r);
}

bool
authority_lookup_decides(const struct authority *authority)
{
	return authority->kind->lookup_decides;
}

bool
authority_checks_passwords(const struct authority *authority)
{
	return authority->kind->check_password != NULL;
}

int
authority_check_password(struct authority *authority,
    const struct request_login *login, const char *password,
    struct authority_password *password_r,
    struct authority_failure *failure_r)
{
	memset(password_r, 0, sizeof(*password_r));
	memset(failure_r, 0, sizeof(*failure_r));
	return authority->kind->check_password(authority, login, password,
	    password_r, failure_r);
}

void
authority_decide(struct authority *authority,
    const struct request_login *login, const struct authority_proof *proof,
    time_t now, struct authority_decision *decision_r)
{
	memset(decision_r, 0, sizeof(*decision_r));
	authority->kind->decide(authority, login, proof, now, decision_r);
}

void
authority_end(struct authority *authority, uint64_t session)
{
	if (authority->kind->end != NULL)
		authority->kind->end(authority, session);
}

const char *
authority_no_store(const struct authority *authority)
{
	return authority->kind->no_store;
}
