/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PLUGIN_NAME "vmauthz"

/* milliseconds */
enum { TIMEOUT_MIN = 100, TIMEOUT_DEFAULT = 3000, TIMEOUT_MAX = 30000 };

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
    char *path, size_t path_max)
{
	if (value[0] != '/')
		complain(options, option, value, "write an absolute path");
	else if (strlen(value) >= path_max)
		complain(options, option, value, "write a shorter path");
	else
		strcpy(path, value);
}

static void
read_broker(struct options *options, const char *option, const char *value)
{
	if (value != NULL)
		read_path(options, option, value, options->broker,
		    sizeof(options->broker));
}

static void
read_broker_timeout(struct options *options, const char *option,
    const char *value)
{
	char *end;
	long number;

	options->broker_timeout = TIMEOUT_DEFAULT;
	if (value == NULL)
		return;
	number = value[0] >= '0' && value[0] <= '9' ?
	    strtol(value, &end, 10) : 0;
	if (number < TIMEOUT_MIN || number > TIMEOUT_MAX || *end != '\0')
		complain(options, option, value,
		    "write milliseconds, 100 to 30000");
	else if (options->broker[0] == '\0')
		complain(options, option, value,
		    "there is no vmauthz_broker, write that, too");
	else
		options->broker_timeout = (int)number;
}

/* A host that is set up to ask a daemon for its policy must not read a file
 * instead, whichever of the two was forgotten in its configuration. */
static void
read_policy(struct options *options, const char *option, const char *value)
{
	if (options->broker[0] != '\0') {
		if (value != NULL)
			complain(options, option, value,
			    "there is a vmauthz_broker, remove one of them");
		return;
	}
	if (value == NULL)
		value = SYSCONFDIR "/vmauthz/policy.db";
	read_path(options, option, value, options->policy,
	    sizeof(options->policy));
}

static void
read_crl(struct options *options, const char *option, const char *value)
{
	if (value != NULL)
		read_path(options, option, value, options->crl,
		    sizeof(options->crl));
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

/* A broker gives whom it would refuse a decoy, so nobody could be observed. */
static void
read_mode(struct options *options, const char *option, const char *value)
{
	if (value == NULL || strcasecmp(value, "enforce") == 0)
		return;
	if (strcasecmp(value, "observe") != 0)
		complain(options, option, value, "write enforce or observe");
	else if (options->broker[0] != '\0')
		complain(options, option, value,
		    "there is a vmauthz_broker, remove one of them");
	else
		options->observe = true;
}

/* Only auxprop compares with what is stored for name@realm; saslauthd and
 * its like drop the realm or may. */
static void
read_pwcheck_method(struct options *options, const char *option,
    const char *value)
{
	size_t length;

	(void)option;
	if (value == NULL || options->broker[0] != '\0')
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
	{ "vmauthz_broker", read_broker },	/* the others look at it */
	{ "vmauthz_broker_timeout", read_broker_timeout },
	{ "vmauthz_policy", read_policy },
	{ "vmauthz_default_realm", read_default_realm },
	{ "vmauthz_client_cert", read_client_cert },
	{ "vmauthz_crl", read_crl },
	{ "vmauthz_require_tls", read_require_tls },
	{ "vmauthz_mode", read_mode },
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
