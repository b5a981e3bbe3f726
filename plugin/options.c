/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PLUGIN_NAME "vmauthz"

static const char separators[] = " \t,";

static const char *
get(const sasl_utils_t *utils, const char *option)
{
	const char *value = NULL;

	if (utils->getopt(utils->getopt_context, NULL, option, &value, NULL) !=
	    SASL_OK)
		return NULL;
	return value;
}

/* Takes the next word of a list; its length, 0 at the end. */
static size_t
next_word(const char **list)
{
	*list += strspn(*list, separators);
	return strcspn(*list, separators);
}

static bool
list_has(const char *list, const char *word)
{
	size_t length;

	if (list == NULL)
		return false;
	while ((length = next_word(&list)) != 0) {
		if (length == strlen(word) &&
		    strncasecmp(list, word, length) == 0)
			return true;
		list += length;
	}
	return false;
}

bool
options_name_us(const sasl_utils_t *utils)
{
	return list_has(get(utils, "auxprop_plugin"), PLUGIN_NAME) ||
	    list_has(get(utils, "canon_user_plugin"), PLUGIN_NAME);
}

static void
complain(struct options *options, const char *option, const char *value,
    const char *remedy)
{
	if (options->error[0] != '\0')
		return;
	snprintf(options->error, sizeof(options->error), "%s: %.80s: %s",
	    option, value, remedy);
}

/* --- one reader for each option --------------------------------------- */

static void
read_path(struct options *options, const char *option, const char *value,
    char path[PATH_MAX])
{
	if (value[0] != '/' || strlen(value) >= PATH_MAX)
		complain(options, option, value, "write an absolute path");
	else
		strcpy(path, value);
}

static void
read_policy(struct options *options, const char *option, const char *value)
{
	if (value == NULL)
		value = SYSCONFDIR "/vmauthz/policy.db";
	read_path(options, option, value, options->policy);
}

static void
read_crl(struct options *options, const char *option, const char *value)
{
	if (value != NULL)
		read_path(options, option, value, options->crl);
}

static void
read_default_realm(struct options *options, const char *option,
    const char *value)
{
	char host[IDENTITY_MAX + 1] = "";

	if (value == NULL) {
		if (gethostname(host, sizeof(host) - 1) != 0)
			host[0] = '\0';
		value = host;
	}
	if (!identity_realm_valid(value, strlen(value)))
		complain(options, option, value,
		    "write letters, digits, dots, hyphens or underscores");
	else
		strcpy(options->default_realm, value);
}

static void
read_client_cert(struct options *options, const char *option,
    const char *value)
{
	static const char *const modes[] = {
		[TLS_PEER_OFF] = "off",
		[TLS_PEER_REQUEST] = "request",
		[TLS_PEER_REQUIRE] = "require",
	};

	options->client_cert = TLS_PEER_REQUEST;
	if (value == NULL)
		return;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcasecmp(value, modes[i]) == 0) {
			options->client_cert = (enum tls_peer_mode)i;
			return;
		}
	}
	complain(options, option, value, "write off, request or require");
}

static void
read_require_tls(struct options *options, const char *option,
    const char *value)
{
	options->require_tls = true;
	if (value == NULL || strcasecmp(value, "yes") == 0)
		return;
	if (strcasecmp(value, "no") == 0)
		options->require_tls = false;
	else
		complain(options, option, value, "write yes or no");
}

static void
read_mode(struct options *options, const char *option, const char *value)
{
	if (value == NULL || strcasecmp(value, "enforce") == 0)
		return;
	if (strcasecmp(value, "observe") == 0)
		options->observe = true;
	else
		complain(options, option, value, "write enforce or observe");
}

/* A host that is set up to ask a daemon for its policy must not read a file
 * instead. */
static void
read_broker(struct options *options, const char *option, const char *value)
{
	if (value != NULL)
		complain(options, option, value,
		    "this version has no broker, remove the option");
}

/* Only auxprop compares with what is stored for name@realm; saslauthd and
 * its like drop the realm or may. */
static void
read_pwcheck_method(struct options *options, const char *option,
    const char *value)
{
	size_t length;

	(void)option;
	if (value == NULL)
		return;			/* libsasl2's default is auxprop */
	while ((length = next_word(&value)) != 0) {
		if ((length != strlen("auxprop") ||
		    strncasecmp(value, "auxprop", length) != 0) &&
		    (length != strlen("auxprop-hashed") ||
		    strncasecmp(value, "auxprop-hashed", length) != 0))
			options->local_passwords = true;
		value += length;
	}
}

static const struct {
	const char *option;
	void (*read)(struct options *, const char *option, const char *value);
} readers[] = {
	{ "vmauthz_policy", read_policy },
	{ "vmauthz_default_realm", read_default_realm },
	{ "vmauthz_client_cert", read_client_cert },
	{ "vmauthz_crl", read_crl },
	{ "vmauthz_require_tls", read_require_tls },
	{ "vmauthz_mode", read_mode },
	{ "vmauthz_broker", read_broker },
	{ "pwcheck_method", read_pwcheck_method },
};

void
options_read(struct options *options_r, const sasl_utils_t *utils)
{
	memset(options_r, 0, sizeof(*options_r));
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		readers[i].read(options_r, readers[i].option,
		    get(utils, readers[i].option));
}
