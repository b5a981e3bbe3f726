/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* milliseconds, in which QEMU's main loop may stand still */
enum {
	OPTIONS_TIMEOUT_MIN = 100,
	OPTIONS_TIMEOUT_DEFAULT = 3000,
	OPTIONS_TIMEOUT_MAX = 30000,
};

static const char separators[] = " \t,";

static const char *
options_get(const sasl_utils_t *utils, const char *option)
{
	const char *value = NULL;

	if (utils->getopt(utils->getopt_context, NULL, option, &value, NULL) !=
	    SASL_OK)
		return NULL;
	return value;
}

/* Moves *list to its next word and returns the word's length, 0 at the end. */
static size_t
options_next_word(const char **list)
{
	*list += strspn(*list, separators);
	return strcspn(*list, separators);
}

static bool
options_word_is(const char *list, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(list, word, length) == 0;
}

static bool
options_list_has(const char *list, const char *word)
{
	size_t length;

	if (list == NULL)
		return false;
	for (; (length = options_next_word(&list)) != 0; list += length) {
		if (options_word_is(list, length, word))
			return true;
	}
	return false;
}

bool
options_name_us(const sasl_utils_t *utils)
{
	const char *auxprop = options_get(utils, "auxprop_plugin");
	const char *canon_user = options_get(utils, "canon_user_plugin");

	return options_list_has(auxprop, PLUGIN_NAME) ||
	    options_list_has(canon_user, PLUGIN_NAME);
}

/* The first error stays: a later one may only follow from it.  The value is
 * cut, so that the remedy always fits. */
static void
options_report_error(struct options *options, const char *option,
    const char *value, const char *remedy)
{
	if (options->error[0] != '\0')
		return;
	snprintf(options->error, sizeof(options->error), "%s: %.80s: %s",
	    option, value, remedy);
}

/* --- one reader for each option --------------------------------------- */

/* A relative path would depend on the directory in which QEMU was started. */
static void
options_read_path(struct options *options, const char *option,
    const char *value, char *path, size_t path_max)
{
	if (value == NULL)
		return;
	if (value[0] != '/')
		options_report_error(options, option, value,
		    "write an absolute path");
	else if (strlen(value) >= path_max)
		options_report_error(options, option, value,
		    "write a shorter path");
	else
		strcpy(path, value);
}

static void
options_read_broker(struct options *options, const char *option,
    const char *value)
{
	options_read_path(options, option, value, options->broker,
	    sizeof(options->broker));
}

static void
options_read_broker_timeout(struct options *options, const char *option,
    const char *value)
{
	char *end;
	long number;

	options->broker_timeout = OPTIONS_TIMEOUT_DEFAULT;
	if (value == NULL)
		return;
	number = value[0] >= '0' && value[0] <= '9' ?
	    strtol(value, &end, 10) : 0;
	if (number < OPTIONS_TIMEOUT_MIN || number > OPTIONS_TIMEOUT_MAX ||
	    *end != '\0')
		options_report_error(options, option, value,
		    "write milliseconds, 100 to 30000");
	else if (options->broker[0] == '\0')
		options_report_error(options, option, value,
		    "there is no vmauthz_broker, write that, too");
	else
		options->broker_timeout = (int)number;
}

/* Both options at once are refused: which one an administrator forgot to
 * remove is unknown, and the two may decide differently. */
static void
options_read_policy(struct options *options, const char *option,
    const char *value)
{
	if (options->broker[0] != '\0') {
		if (value != NULL)
			options_report_error(options, option, value,
			    "there is a vmauthz_broker, remove one of them");
		return;
	}
	if (value == NULL)
		value = SYSCONFDIR "/vmauthz/policy.db";
	options_read_path(options, option, value, options->policy,
	    sizeof(options->policy));
}

static void
options_read_crl(struct options *options, const char *option, const char *value)
{
	options_read_path(options, option, value, options->crl,
	    sizeof(options->crl));
}

static void
options_read_default_realm(struct options *options, const char *option,
    const char *value)
{
	char host[IDENTITY_MAX + 1] = "";

	if (value == NULL) {
		if (gethostname(host, sizeof(host) - 1) != 0)
			host[0] = '\0';
		value = host;
	}
	if (!identity_realm_valid(value, strlen(value)))
		options_report_error(options, option, value,
		    "write letters, digits, dots, hyphens or underscores");
	else
		strcpy(options->default_realm, value);
}

static void
options_read_client_cert(struct options *options, const char *option,
    const char *value)
{
	options->client_cert = TLS_PEER_REQUEST;
	if (value == NULL || strcasecmp(value, "request") == 0)
		return;
	if (strcasecmp(value, "off") == 0)
		options->client_cert = TLS_PEER_OFF;
	else if (strcasecmp(value, "require") == 0)
		options->client_cert = TLS_PEER_REQUIRE;
	else
		options_report_error(options, option, value,
		    "write off, request or require");
}

static void
options_read_require_tls(struct options *options, const char *option,
    const char *value)
{
	options->require_tls = value == NULL || strcasecmp(value, "no") != 0;
	if (value != NULL && options->require_tls &&
	    strcasecmp(value, "yes") != 0)
		options_report_error(options, option, value, "write yes or no");
}

/* vmauthzd returns a decoy for a user whom it would refuse.  Their password
 * can't be proved then, so there is no login that could be let in. */
static void
options_read_mode(struct options *options, const char *option,
    const char *value)
{
	if (value == NULL || strcasecmp(value, "enforce") == 0)
		return;
	if (strcasecmp(value, "observe") != 0)
		options_report_error(options, option, value,
		    "write enforce or observe");
	else if (options->broker[0] != '\0')
		options_report_error(options, option, value,
		    "there is a vmauthz_broker, remove one of them");
	else
		options->observe = true;
}

/* auxprop alone compares with what is stored for name@realm.  saslauthd and
 * other methods drop the realm, or may, so that a password of alice@one could
 * prove alice@two. */
static void
options_read_pwcheck_method(struct options *options, const char *option,
    const char *value)
{
	size_t length;

	(void)option;
	if (value == NULL || options->broker[0] != '\0')
		return;			/* libsasl2's default is auxprop */
	for (; (length = options_next_word(&value)) != 0; value += length) {
		if (!options_word_is(value, length, "auxprop") &&
		    !options_word_is(value, length, "auxprop-hashed"))
			options->local_passwords = true;
	}
}

static const struct {
	const char *option;
	void (*read)(struct options *, const char *option, const char *value);
} readers[] = {
	/* first, since others depend on it */
	{ "vmauthz_broker", options_read_broker },
	{ "vmauthz_broker_timeout", options_read_broker_timeout },
	{ "vmauthz_policy", options_read_policy },
	{ "vmauthz_default_realm", options_read_default_realm },
	{ "vmauthz_client_cert", options_read_client_cert },
	{ "vmauthz_crl", options_read_crl },
	{ "vmauthz_require_tls", options_read_require_tls },
	{ "vmauthz_mode", options_read_mode },
	{ "pwcheck_method", options_read_pwcheck_method },
};

void
options_read(struct options *options_r, const sasl_utils_t *utils)
{
	memset(options_r, 0, sizeof(*options_r));
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		readers[i].read(options_r, readers[i].option,
		    options_get(utils, readers[i].option));
}
