/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/canon_user.h"

#include <string.h>

#include "plugin/attempt.h"
#include "plugin/report.h"

/* After an application's own SASL_CB_CANON_USER libsasl2 passes one buffer as
 * user and as out: hence memmove(3). */
static int
canon_user_copy_out(const char *text, size_t length, char *out,
    unsigned int out_max, unsigned int *out_length)
{
	if (length >= out_max)
		return SASL_BUFOVER;
	memmove(out, text, length);
	out[length] = '\0';
	*out_length = (unsigned int)length;
	return SASL_OK;
}

int
canon_user_server(void *glob_context, sasl_server_params_t *params,
    const char *user, unsigned int length, unsigned int flags, char *out,
    unsigned int out_max, unsigned int *out_length)
{
	struct attempt *attempt = attempt_current(params);
	struct identity id;

	/* A mechanism that could not be decorated would end without a
	 * decision.  Every mechanism has its name made canonical, so it is
	 * stopped here. */
	if (attempt == NULL) {
		if (glob_context != NULL)
			report_refusal(glob_context, params, NULL,
			    "a mechanism came past vmauthz");
		return SASL_NOAUTHZ;
	}
	/* As in libsasl2, a length of 0 means that user ends with a NUL. */
	if (length == 0)
		length = (unsigned int)strlen(user);
	if (identity_parse(&id, user, length, attempt->default_realm) !=
	    ERROR_NONE)
		return SASL_BADPROT;
	/* The decision is about who has proved a name, the authentication id,
	 * and not about the one that they want to act for. */
	if ((flags & SASL_CU_AUTHID) != 0) {
		attempt->user = id;
		attempt->canonical = true;
	}
	return canon_user_copy_out(id.text, strlen(id.text), out, out_max,
	    out_length);
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
	return canon_user_copy_out(user, length, out, out_max, out_length);
}
