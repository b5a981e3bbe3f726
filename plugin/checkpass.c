/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/checkpass.h"

#include <string.h>

#include "plugin/attempt.h"
#include "plugin/facts.h"
#include "plugin/plugin.h"

/* Whether the password is that of the user about whom the attempt is: a
 * mechanism could have another one checked, for the authorization id. */
static bool
checkpass_is_user(const struct attempt *attempt, const char *user,
    unsigned int length)
{
	return attempt->canonical && user != NULL &&
	    (length == 0 || length == strlen(user)) &&
	    strcmp(user, attempt->user.text) == 0;
}

/* In the place of sasl_utils_t's checkpass; a length of 0 means a NUL at the
 * end.  A NUL within the password makes it wrong: what is in front of it
 * could be right. */
static int
checkpass_check_cb(sasl_conn_t *connection, const char *user,
    unsigned int user_length, const char *password,
    unsigned int password_length)
{
	struct attempt *attempt = attempt_stepping(connection);
	struct authority_password answer;
	struct facts facts;
	int rc;

	if (attempt == NULL || !checkpass_is_user(attempt, user, user_length) ||
	    password == NULL)
		return SASL_BADPARAM;
	if (password_length != 0 && password_length != strlen(password))
		return SASL_BADAUTH;
	facts_for_lookup(&facts, attempt, &attempt->params);
	rc = authority_check_password(attempt->decorated->plugin->authority,
	    &facts.login, password, &answer, &attempt->failure);
	attempt->number = answer.attempt;
	if (rc != ERROR_NONE)
		return SASL_UNAVAIL;
	return answer.right ? SASL_OK : SASL_BADAUTH;
}

sasl_server_params_t *
checkpass_params(struct attempt *attempt, sasl_server_params_t *params)
{
	if (!authority_checks_passwords(attempt->decorated->plugin->authority))
		return params;
	/* Copies: the originals stay in use by the connection, which may go on
	 * to a mechanism that is not decorated. */
	attempt->utils = *params->utils;
	attempt->utils.checkpass = checkpass_check_cb;
	attempt->params = *params;
	attempt->params.utils = &attempt->utils;
	return &attempt->params;
}
