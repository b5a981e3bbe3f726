/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/checkpass.h"

#include <string.h>

#include "plugin/facts.h"
#include "plugin/login.h"
#include "plugin/plugin.h"

/* The name is the one that canon_user gave, or the check is not for us. */
static bool
is_user(const struct login *login, const char *user, unsigned int length)
{
	return login->canonical && user != NULL &&
	    (length == 0 || length == strlen(user)) &&
	    strcmp(user, login->user.text) == 0;
}

/* As sasl_utils_t's checkpass: a length of 0 is strlen()'s. */
static int
check_password(sasl_conn_t *connection, const char *user,
    unsigned int user_length, const char *password,
    unsigned int password_length)
{
	struct login *login = login_stepping(connection);
	struct facts facts;
	bool right;

	if (login == NULL || !is_user(login, user, user_length) ||
	    password == NULL)
		return SASL_BADPARAM;
	if (password_length != 0 && password_length != strlen(password))
		return SASL_BADAUTH;
	facts_for_lookup(&facts, login, &login->params);
	if (authority_check_password(login->decorated->plugin->authority,
	    &facts.login, password, &right, &login->failure) != ERROR_NONE)
		return SASL_UNAVAIL;
	return right ? SASL_OK : SASL_BADAUTH;
}

sasl_server_params_t *
password_params(struct login *login, sasl_server_params_t *params)
{
	if (!authority_checks_passwords(login->decorated->plugin->authority))
		return params;
	login->utils = *params->utils;
	login->utils.checkpass = check_password;
	login->params = *params;
	login->params.utils = &login->utils;
	return &login->params;
}
