/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/canon_user.h"

#include <string.h>

#include "plugin/attempt.h"
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
	if (plugin != NULL)
		report_refusal(plugin, params, NULL,
		    "a mechanism came past vmauthz");
	return SASL_NOAUTHZ;
}

int
canon_user_server(void *glob_context, sasl_server_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length)
{
	struct attempt *attempt = attempt_current(params);
	struct identity id;

	if (attempt == NULL)
		return refuse_stranger(glob_context, params);
	if (length == 0)
		length = (unsigned int)strlen(user);
	if (identity_parse(&id, user, length, attempt->default_realm) !=
	    ERROR_NONE)
		return SASL_BADPROT;
	if ((flags & SASL_CU_AUTHID) != 0) {
		attempt->user = id;
		attempt->canonical = true;
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
