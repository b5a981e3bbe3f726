/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/canon_user.h"

#include <string.h>
#include <time.h>

#include "plugin/login.h"
#include "plugin/plugin.h"
#include "plugin/report.h"

/* out may be where user is. */
static int
copy_out(const char *text, size_t length, char *out, unsigned int out_max,
    unsigned int *out_length)
{
	if (length >= out_max)
		return SASL_BUFOVER;
	memmove(out, text, length);
	out[length] = '\0';
	*out_length = (unsigned int)length;
	return SASL_OK;
}

static int
refuse_stranger(struct plugin *plugin, const sasl_server_params_t *params)
{
	const struct report report = {
		.at = time(NULL),
		.refusal = "a mechanism came past vmauthz",
	};

	if (plugin != NULL)
		report_decision(plugin, params, &report);
	return SASL_NOAUTHZ;
}

int
canon_user_server(void *glob_context, sasl_server_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length)
{
	struct login *login = login_current(params);
	struct identity id;

	if (login == NULL)
		return refuse_stranger(glob_context, params);
	if (length == 0)
		length = (unsigned int)strlen(user);
	if (identity_parse(&id, user, length, login->default_realm) !=
	    ERROR_NONE)
		return SASL_BADPROT;
	if ((flags & SASL_CU_AUTHID) != 0) {
		login->user = id;
		login->canonical = true;
	}
	return copy_out(id.text, strlen(id.text), out, out_max, out_length);
}

int
canon_user_client(void *glob_context, sasl_client_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length)
{
	(void)glob_context;
	(void)params;
	(void)flags;
	if (length == 0)
		length = (unsigned int)strlen(user);
	return copy_out(user, length, out, out_max, out_length);
}
