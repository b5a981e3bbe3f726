/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/auxprop.h"

#include <sasl/prop.h>
#include <string.h>
#include <strings.h>

#include "plugin/attempt.h"
#include "plugin/facts.h"
#include "plugin/plugin.h"
#include "policy-admin/credentials.h"
#include "scram/scram.h"

/* SCRAM's request; the asterisk stands for the authentication id (prop.h) */
static const char verifier_property[] = "*authPassword";

/* --- looking up ---------------------------------------------------------- */

/* The property of that name among those of a context, or NULL. */
static const struct propval *
auxprop_find_property(const sasl_utils_t *utils, struct propctx *context,
    const char *name)
{
	const struct propval *property = utils->prop_get(context);

	for (; property != NULL && property->name != NULL; property++) {
		if (strcasecmp(property->name, name) == 0)
			return property;
	}
	return NULL;
}

/* Whether the mechanism has requested a verifier that no other auxprop plugin
 * has set.  The look-up of the authorization id is not answered: a user may
 * act for themselves alone. */
static bool
auxprop_verifier_wanted(const sasl_server_params_t *params, unsigned int flags)
{
	const struct propval *property;

	if ((flags & SASL_AUXPROP_AUTHZID) != 0 || params->propctx == NULL)
		return false;
	property = auxprop_find_property(params->utils, params->propctx,
	    verifier_property);
	return property != NULL && (property->values == NULL ||
	    (flags & SASL_AUXPROP_OVERRIDE) != 0);
}

/* Every failure is SASL_UNAVAIL, not SASL_NOUSER: an unknown user has a decoy,
 * and other failures must not differ between users.  The verifier is wiped:
 * a core dump of QEMU must not contain it. */
static int
auxprop_set_verifier(struct attempt *attempt, sasl_server_params_t *params,
    unsigned int flags)
{
	const struct decorated *decorated = attempt->decorated;
	struct authority_verifier found;
	char text[SCRAM_TEXT_MAX];
	struct facts facts;
	int rc = SASL_UNAVAIL;

	if ((flags & SASL_AUXPROP_OVERRIDE) != 0)
		params->utils->prop_erase(params->propctx, verifier_property);
	facts_for_lookup(&facts, attempt, params);
	if (authority_lookup(decorated->plugin->authority, &facts.login,
	    &found, &attempt->failure) == ERROR_NONE &&
	    scram_verifier_text(decorated->stock->mech_name, &found.verifier,
	    text) == ERROR_NONE)
		rc = params->utils->prop_set(params->propctx,
		    verifier_property, text, 0);
	attempt->mismatch = found.mismatch;
	attempt->number = found.attempt;
	explicit_bzero(&found, sizeof(found));
	explicit_bzero(text, sizeof(text));
	return rc;
}

int
auxprop_lookup(void *glob_context, sasl_server_params_t *params,
    unsigned int flags, const char *user, unsigned int length)
{
	struct attempt *attempt;

	if (glob_context == NULL)
		return SASL_NOMECH;
	/* A mechanism that is not decorated would end without a decision. */
	attempt = attempt_current(params);
	if (attempt == NULL || !attempt->canonical)
		return SASL_NOMECH;
	if (!auxprop_verifier_wanted(params, flags) ||
	    scram_key_size(attempt->decorated->stock->mech_name) == 0)
		return SASL_OK;
	/* The decision at the end is about attempt->user alone. */
	if (strlen(attempt->user.text) != length ||
	    memcmp(attempt->user.text, user, length) != 0)
		return SASL_NOMECH;
	return auxprop_set_verifier(attempt, params, flags);
}

/* --- storing ------------------------------------------------------------- */

/* The mechanisms for which saslpasswd2(8) stores verifiers: the same as
 * `vmauthz passwd` without options. */
static const char *const stored_mechanisms[] = {
	"SCRAM-SHA-256",
	"SCRAM-SHA-512",
};
enum { AUXPROP_STORED_COUNT =
    sizeof(stored_mechanisms) / sizeof(stored_mechanisms[0]) };

static int
auxprop_make_credentials(const char *password,
    struct credential credentials[AUXPROP_STORED_COUNT])
{
	char prepared[SCRAM_PASSWORD_MAX];
	int rc = scram_prepare(password, prepared);

	for (size_t i = 0; rc == ERROR_NONE && i < AUXPROP_STORED_COUNT; i++) {
		credentials[i].mechanism = stored_mechanisms[i];
		rc = scram_verifier_make(stored_mechanisms[i], prepared,
		    SCRAM_ITERATIONS_DEFAULT, &credentials[i].verifier);
	}
	explicit_bzero(prepared, sizeof(prepared));
	return rc;
}

/* saslpasswd2(8) prints a code of libsasl2, which has few: the SASL log gets
 * the sentence that says what to do. */
static int
auxprop_store_error(const sasl_server_params_t *params, int error,
    const char *detail)
{
	params->utils->log(params->utils->conn, SASL_LOG_ERR, "vmauthz: %s",
	    detail[0] != '\0' ? detail : error_text(error));
	switch (error) {
	case ERROR_NONE:
		return SASL_OK;
	case ERROR_NOUSER:
		return SASL_NOUSER;
	case ERROR_NAME:
	case ERROR_PASSWORD:
		return SASL_BADPARAM;
	case ERROR_MEMORY:
		return SASL_NOMEM;
	default:
		return SASL_FAIL;
	}
}

static int
auxprop_write_credentials(const struct plugin *plugin,
    const sasl_server_params_t *params, const struct identity *user,
    const struct credential *credentials, size_t count)
{
	struct credentials *admin = NULL;
	int rc = credentials_open(&admin, plugin->options.policy);

	if (rc == ERROR_NONE)
		rc = credentials_set(admin, user, credentials, count);
	if (rc != ERROR_NONE)
		rc = auxprop_store_error(params, rc,
		    admin != NULL ? credentials_detail(admin) : "");
	credentials_close(&admin);
	return rc;
}

int
auxprop_store(void *glob_context, sasl_server_params_t *params,
    struct propctx *context, const char *user, unsigned int length)
{
	struct credential credentials[AUXPROP_STORED_COUNT];
	const struct plugin *plugin = glob_context;
	struct identity id;
	const struct propval *property;
	const char *password, *refusal;
	int rc;

	/* libsasl2 calls the store function of one auxprop plugin after the
	 * other, and goes on after SASL_CONSTRAINT_VIOLAT. */
	if (plugin == NULL)
		return SASL_CONSTRAINT_VIOLAT;
	if (context == NULL)
		return SASL_OK;
	/* Another application's passwords are not for the policy. */
	if (params->appname == NULL ||
	    strcmp(params->appname, PLUGIN_APPNAME) != 0)
		return SASL_CONSTRAINT_VIOLAT;
	property = auxprop_find_property(params->utils, context,
	    SASL_AUX_PASSWORD_PROP);
	if (property == NULL)
		return SASL_OK;
	/* saslpasswd2(8) -d deletes by a property without a value. */
	password = property->values != NULL ? property->values[0] : NULL;
	if (plugin->options.error[0] != '\0')
		return auxprop_store_error(params, ERROR_VALUE,
		    plugin->options.error);
	refusal = authority_no_store(plugin->authority);
	if (refusal != NULL)
		return auxprop_store_error(params, ERROR_VALUE, refusal);
	rc = identity_parse(&id, user, length, plugin->options.default_realm);
	if (rc == ERROR_NONE && password != NULL)
		rc = auxprop_make_credentials(password, credentials);
	rc = rc != ERROR_NONE ? auxprop_store_error(params, rc, "") :
	    auxprop_write_credentials(plugin, params, &id, credentials,
	    password != NULL ? AUXPROP_STORED_COUNT : 0);
	explicit_bzero(credentials, sizeof(credentials));
	return rc;
}
