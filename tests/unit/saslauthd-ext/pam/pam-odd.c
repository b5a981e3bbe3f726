/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A PAM module that does, one after the other, what its arguments say: what
 * modules do that are odd, broken or malign. */

#define PAM_SM_AUTH
#define PAM_SM_ACCOUNT

#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static int
prompt(pam_handle_t *pam, int count, int style, const char *wanted)
{
	const struct pam_message text = { .msg_style = style, .msg = "?" };
	const struct pam_message *texts[PAM_MAX_NUM_MSG + 1];
	struct pam_response *responses = NULL;
	const struct pam_conv *conv;
	const void *item = NULL;
	int code = pam_get_item(pam, PAM_CONV, &item);

	if (code != PAM_SUCCESS || item == NULL)
		return PAM_SYSTEM_ERR;
	conv = item;
	for (int i = 0; i <= PAM_MAX_NUM_MSG; i++)
		texts[i] = &text;
	code = conv->conv(count, texts, &responses, conv->appdata_ptr);
	if (code != PAM_SUCCESS)
		return code;
	for (int i = 0; i < count; i++) {
		const char *got = responses[i].resp;

		if (wanted == NULL ? got != NULL :
		    got == NULL || strcmp(got, wanted) != 0)
			code = PAM_AUTH_ERR;
		free(responses[i].resp);
	}
	free(responses);
	return code;
}

/* ask=TEXT: the password; name=TEXT: visible input; say: text alone */
static int
ask(pam_handle_t *pam, const char *value)
{
	return prompt(pam, 1, PAM_PROMPT_ECHO_OFF, value);
}

static int
name(pam_handle_t *pam, const char *value)
{
	return prompt(pam, 1, PAM_PROMPT_ECHO_ON, value);
}

static int
say(pam_handle_t *pam, const char *value)
{
	(void)value;
	return prompt(pam, 2, PAM_TEXT_INFO, NULL);
}

/* count=N: so many messages at once, each for the password "secret" */
static int
count(pam_handle_t *pam, const char *value)
{
	return prompt(pam, atoi(value), PAM_PROMPT_ECHO_OFF, "secret");
}

static int
for_ever(pam_handle_t *pam, const char *value)
{
	int code;

	(void)value;
	do
		code = prompt(pam, 1, PAM_PROMPT_ECHO_OFF, "secret");
	while (code == PAM_SUCCESS);
	return code;
}

static int
user(pam_handle_t *pam, const char *value)
{
	return pam_set_item(pam, PAM_USER, value);
}

static int
no_user(pam_handle_t *pam, const char *value)
{
	(void)value;
	return pam_set_item(pam, PAM_USER, NULL);
}

/* delay=MICROSECONDS, and a failure */
static int
delay(pam_handle_t *pam, const char *value)
{
	pam_fail_delay(pam, (unsigned int)atoi(value));
	return PAM_AUTH_ERR;
}

static int
hang(pam_handle_t *pam, const char *value)
{
	(void)pam;
	(void)value;
	while (pause() != 0)
		;
	return PAM_ABORT;
}

static int
crash(pam_handle_t *pam, const char *value)
{
	(void)pam;
	(void)value;
	raise(SIGKILL);
	return PAM_ABORT;
}

/* code=N: returns it */
static int
result(pam_handle_t *pam, const char *value)
{
	(void)pam;
	return atoi(value);
}

static const struct {
	const char *name;
	int (*act)(pam_handle_t *pam, const char *value);
} acts[] = {
	{ "ask", ask }, { "name", name }, { "say", say }, { "count", count },
	{ "for-ever", for_ever }, { "user", user }, { "no-user", no_user },
	{ "delay", delay }, { "hang", hang }, { "crash", crash },
	{ "code", result },
};

static int
act(pam_handle_t *pam, const char *argument)
{
	size_t length = strcspn(argument, "=");

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strlen(acts[i].name) == length &&
		    strncmp(acts[i].name, argument, length) == 0)
			return acts[i].act(pam, argument + length +
			    (argument[length] == '='));
	return PAM_SERVICE_ERR;
}

EXPORTED int
pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	int code = PAM_SUCCESS;

	(void)flags;
	for (int i = 0; code == PAM_SUCCESS && i < argc; i++)
		code = act(pam, argv[i]);
	return code;
}

EXPORTED int
pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

EXPORTED int
pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	return pam_sm_authenticate(pam, flags, argc, argv);
}
