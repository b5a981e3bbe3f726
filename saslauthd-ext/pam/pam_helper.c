/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/pam/pam_helper.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "saslauthd-ext/pam/pam_message.h"

/* prompts that one question answers: no module needs so many, and one that
 * asks for ever ends */
enum { PROMPTS_MAX = 64 };

struct conversation {
	const struct pam_question *question;
	int prompts;
};

/* --- what modules ask ------------------------------------------------ */

static void
pam_helper_free_responses(struct pam_response *responses, int count)
{
	for (int i = 0; i < count; i++) {
		if (responses[i].resp != NULL)
			explicit_bzero(responses[i].resp,
			    strlen(responses[i].resp));
		free(responses[i].resp);
	}
	free(responses);
}

/* NULL for what is only to be shown: nobody is there to see it. */
static const char *
pam_helper_response_text(const struct pam_question *question, int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_OFF:
		return question->password;
	case PAM_PROMPT_ECHO_ON:
		return question->user;
	default:
		return NULL;
	}
}

static bool
pam_helper_respond(struct conversation *conversation, const struct pam_message *message,
    struct pam_response *response)
{
	const char *text = pam_helper_response_text(conversation->question,
	    message->msg_style);

	if (text == NULL)
		return true;
	if (++conversation->prompts > PROMPTS_MAX)
		return false;
	response->resp = strdup(text);
	return response->resp != NULL;
}

static int
pam_helper_converse_cb(int count, const struct pam_message **messages,
    struct pam_response **responses_r, void *data)
{
	struct conversation *conversation = data;
	struct pam_response *responses;

	*responses_r = NULL;
	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	responses = calloc((size_t)count, sizeof(*responses));
	if (responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		if (!pam_helper_respond(conversation, messages[i], &responses[i])) {
			pam_helper_free_responses(responses, count);
			return PAM_CONV_ERR;
		}
	*responses_r = responses;
	return PAM_SUCCESS;
}

/* In place of the sleep that a failure otherwise ends with: who guesses is
 * held off elsewhere, and a sleeping helper is one less for the others. */
static void
pam_helper_delay_cb(int code, unsigned int microseconds, void *data)
{
	(void)code;
	(void)microseconds;
	(void)data;
}

/* --- one question ---------------------------------------------------- */

/* ISO C has no conversion of a function's address to what pam_set_item()
 * takes; POSIX says that the octets are the same. */
static int
pam_helper_set_no_delay(pam_handle_t *pam)
{
	void (*const function)(int, unsigned int, void *) = pam_helper_delay_cb;
	const void *item;

	_Static_assert(sizeof(item) == sizeof(function), "dlsym(3) needs it too");
	memcpy(&item, &function, sizeof(item));
	return pam_set_item(pam, PAM_FAIL_DELAY, item);
}

static int
pam_helper_set_items(pam_handle_t *pam, const struct pam_question *question)
{
	int code = pam_helper_set_no_delay(pam);

	if (code == PAM_SUCCESS && question->tty[0] != '\0')
		code = pam_set_item(pam, PAM_TTY, question->tty);
	if (code == PAM_SUCCESS && question->rhost[0] != '\0')
		code = pam_set_item(pam, PAM_RHOST, question->rhost);
	return code;
}

/* A module may make another account of the one it was asked about: what it
 * says is about that one then. */
static int
pam_helper_check_user(pam_handle_t *pam, const struct pam_question *question)
{
	const void *user = NULL;
	int code = pam_get_item(pam, PAM_USER, &user);

	if (code != PAM_SUCCESS)
		return code;
	return user != NULL && strcmp(user, question->user) == 0 ?
	    PAM_SUCCESS : PAM_USER_UNKNOWN;
}

static int
pam_helper_ask_modules(pam_handle_t *pam, const struct pam_question *question,
    bool *account_r)
{
	const int flags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
	int code = pam_helper_set_items(pam, question);

	if (code == PAM_SUCCESS)
		code = pam_authenticate(pam, flags);
	if (code != PAM_SUCCESS)
		return code;
	*account_r = true;
	code = pam_acct_mgmt(pam, flags);
	return code == PAM_SUCCESS ? pam_helper_check_user(pam, question) : code;
}

static int
pam_helper_authenticate(const struct pam_question *question, bool *account_r)
{
	struct conversation conversation = { .question = question };
	const struct pam_conv conv = { pam_helper_converse_cb, &conversation };
	pam_handle_t *pam = NULL;
	int code;

	code = pam_start(question->service, question->user, &conv, &pam);
	if (code == PAM_SUCCESS)
		code = pam_helper_ask_modules(pam, question, account_r);
	if (pam != NULL)
		pam_end(pam, code | PAM_DATA_SILENT);
	return code;
}

/* Codes that are an answer about the user; any other says that the modules
 * could not tell. */
static enum pam_result
pam_helper_classify(int code)
{
	static const int refusals[] = {
		PAM_PERM_DENIED, PAM_AUTH_ERR, PAM_CRED_INSUFFICIENT,
		PAM_USER_UNKNOWN, PAM_MAXTRIES, PAM_NEW_AUTHTOK_REQD,
		PAM_ACCT_EXPIRED, PAM_CRED_EXPIRED, PAM_AUTHTOK_EXPIRED,
	};

	if (code == PAM_SUCCESS)
		return PAM_ACCEPTED;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i] == code)
			return PAM_REFUSED;
	return PAM_BROKEN;
}

/* --- questions ------------------------------------------------------- */

static bool
pam_helper_is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* A file's name in pam.d, so no path. */
static bool
pam_helper_is_service(const char *service)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return service[0] != '\0' && service[0] != '.' &&
	    service[strspn(service, plain)] == '\0';
}

/* No password is no try: there are modules to which it means "as nobody". */
static bool
pam_helper_is_valid(const struct pam_question *question)
{
	return pam_helper_is_text(question->service, sizeof(question->service)) &&
	    pam_helper_is_text(question->user, sizeof(question->user)) &&
	    pam_helper_is_text(question->tty, sizeof(question->tty)) &&
	    pam_helper_is_text(question->rhost, sizeof(question->rhost)) &&
	    pam_helper_is_text(question->password, sizeof(question->password)) &&
	    pam_helper_is_service(question->service) && question->user[0] != '\0' &&
	    question->password[0] != '\0';
}

static void
pam_helper_answer(struct pam_answer *answer_r, const struct pam_question *question)
{
	bool account = false;

	memset(answer_r, 0, sizeof(*answer_r));
	answer_r->id = question->id;
	answer_r->result = PAM_REFUSED;
	answer_r->code = PAM_SYSTEM_ERR;
	if (!pam_helper_is_valid(question))
		return;
	answer_r->code = pam_helper_authenticate(question, &account);
	answer_r->result = pam_helper_classify(answer_r->code);
	answer_r->account = account && answer_r->code != PAM_SUCCESS;
}

static ssize_t
pam_helper_receive(int socket, struct pam_question *question_r)
{
	ssize_t size;

	do
		size = recv(socket, question_r, sizeof(*question_r), MSG_TRUNC);
	while (size < 0 && errno == EINTR);
	return size;
}

_Noreturn void
pam_helper_run(int socket)
{
	struct pam_question question;
	struct pam_answer reply;

	for (int i = 0; i < PAM_HELPER_QUESTIONS; i++) {
		ssize_t size = pam_helper_receive(socket, &question);

		if (size == 0)
			_exit(EX_OK);
		if (size != (ssize_t)sizeof(question))
			_exit(EX_PROTOCOL);
		pam_helper_answer(&reply, &question);
		explicit_bzero(&question, sizeof(question));
		if (send(socket, &reply, sizeof(reply), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(reply))
			_exit(EX_IOERR);
	}
	_exit(EX_OK);
}
