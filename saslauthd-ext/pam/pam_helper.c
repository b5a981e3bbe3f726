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

/* Prompts that are answered for one question.  No module needs so many, and one
 * that asks again for ever is ended. */
enum { PAM_HELPER_PROMPTS_MAX = 64 };

struct conversation {
	const struct pam_question *question;
	int prompts;
};

/* --- what modules ask ------------------------------------------------ */

/* Wipes what strdup(3) copied: each response has the password or the name. */
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

/* Responds to a prompt, by its style.  PAM_TEXT_INFO and PAM_ERROR_MSG want no
 * response. */
static bool
pam_helper_respond(struct conversation *conversation,
    const struct pam_message *message, struct pam_response *response)
{
	const struct pam_question *question = conversation->question;

	if (message->msg_style != PAM_PROMPT_ECHO_OFF &&
	    message->msg_style != PAM_PROMPT_ECHO_ON)
		return true;
	if (++conversation->prompts > PAM_HELPER_PROMPTS_MAX)
		return false;
	response->resp = strdup(message->msg_style == PAM_PROMPT_ECHO_OFF ?
	    question->password : question->user);
	return response->resp != NULL;
}

/* The conversation function, pam_conv(3).  libpam frees the responses of a call
 * that succeeds, and nothing of one that fails. */
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
		if (!pam_helper_respond(conversation, messages[i],
		    &responses[i])) {
			pam_helper_free_responses(responses, count);
			return PAM_CONV_ERR;
		}
	*responses_r = responses;
	return PAM_SUCCESS;
}

/* Replaces the sleep after a failure, pam_fail_delay(3).  throttle.c slows down
 * guesses, and a helper that sleeps is missing for other logins. */
static void
pam_helper_delay_cb(int code, unsigned int microseconds, void *data)
{
	(void)code;
	(void)microseconds;
	(void)data;
}

/* --- one question ---------------------------------------------------- */

/* pam_set_item() has a parameter const void *.  ISO C has no conversion from a
 * function's address to that; POSIX makes sure that the octets are the same. */
static int
pam_helper_set_no_delay(pam_handle_t *pam)
{
	void (*const function)(int, unsigned int, void *) = pam_helper_delay_cb;
	const void *item;

	_Static_assert(sizeof(item) == sizeof(function),
	    "dlsym(3) needs it too");
	memcpy(&item, &function, sizeof(item));
	return pam_set_item(pam, PAM_FAIL_DELAY, item);
}

/* pam_access(8) and pam_time(8) have rules about PAM_TTY and PAM_RHOST, so that
 * they can name a VM or an address. */
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

/* Refuses an answer about another account: a module may change PAM_USER, and
 * the login would go on under the name that was asked for. */
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

/* The account is checked as well: an expired one still has its password.
 * PAM_DISALLOW_NULL_AUTHTOK refuses accounts without a password. */
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
	return code == PAM_SUCCESS ? pam_helper_check_user(pam, question) :
	    code;
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

/* Classifies a code.  Those of the list are an answer about the user.  Any
 * other means that there is none, because a directory is away for instance, and
 * must not count as a wrong password. */
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

/* Whether an array has a NUL, and so is a text. */
static bool
pam_helper_is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* Checks the packet, not the configuration alone: the worker is not trusted
 * here.  Refuses an empty password: an LDAP server may accept a bind with one
 * without authentication (RFC 4513, section 5.1.2), and a module that as a
 * success. */
static bool
pam_helper_is_valid(const struct pam_question *question)
{
	return pam_helper_is_text(question->service,
	    sizeof(question->service)) &&
	    pam_helper_is_text(question->user, sizeof(question->user)) &&
	    pam_helper_is_text(question->tty, sizeof(question->tty)) &&
	    pam_helper_is_text(question->rhost, sizeof(question->rhost)) &&
	    pam_helper_is_text(question->password,
	    sizeof(question->password)) &&
	    config_is_service(question->service) &&
	    question->user[0] != '\0' && question->password[0] != '\0';
}

static void
pam_helper_answer(struct pam_answer *answer_r,
    const struct pam_question *question)
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

/* MSG_TRUNC returns the packet's real size, so a longer one is noticed. */
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
