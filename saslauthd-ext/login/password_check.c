/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/login/password_check.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "saslauthd-ext/login/throttle.h"
#include "saslauthd-ext/login/ticket.h"
#include "scram/decoy.h"
#include "scram/scram.h"

static const char wrong_password[] = "wrong password";
static const char too_busy[] = "too many passwords wait for an answer";

/* A check in progress.  Checks of the same password by the same user at the
 * same VM from the same address share one question: SPICE opens its channels at
 * once, and PAM would accept a one-time password for the first of them only. */
struct password_check {
	struct daemon *daemon;
	struct password_check *next;	/* in daemon->checks */
	struct password_check *same;	/* waits for this one's answer */
	unsigned char tag[RECENT_PASSWORD_TAG_SIZE];
	char vm[REQUEST_VM_NAME_MAX + 1];
	char client[PAM_ADDRESS_MAX + 1];
	struct identity user;
	char password[BROKER_PASSWORD_MAX + 1];
	bool grantable, counts;
	int64_t ticket;			/* that the password is tried for */
	password_check_cb *callback;
	void *context;
};

/* --- the end --------------------------------------------------------- */

/* Calls the callback; answer is NULL if the worker ends.  A VM that the user
 * may not enter learns nothing about the password: a guest that has broken out
 * could test passwords otherwise.  The reason is then the policy's. */
static void
password_deliver(const struct password_check *check,
    const struct password_answer *answer)
{
	const struct password_answer hidden = {
		.counted = answer != NULL && answer->counted,
	};

	check->callback(check->context, answer == NULL || check->grantable ?
	    answer : &hidden);
}

static void
password_free_check(struct password_check *check)
{
	OPENSSL_cleanse(check, sizeof(*check));
	free(check);
}

static struct throttle_key
password_throttle_key(const struct password_check *check)
{
	return (struct throttle_key){
		.user = check->user.text,
		.client = check->client,
		.now = clock_unix_ms() / 1000,
	};
}

/* Counts a wrong password once in guess_forget: a client that sends the same
 * one again has not made another guess.  Each of the checks that share the
 * answer learns it, so one that counts is enough: a guest that has broken out
 * could begin with one that does not. */
static void
password_count_failure(const struct password_check *check)
{
	struct daemon *daemon = check->daemon;
	const struct throttle_key guess = password_throttle_key(check);
	const struct password_check *counting = check;
	int64_t now = clock_boot_seconds();

	while (counting != NULL && !counting->counts)
		counting = counting->same;
	if (counting == NULL ||
	    recent_password_has(daemon->wrong, check->tag, now))
		return;
	recent_password_add(daemon->wrong, check->tag,
	    now + daemon->config->guess_forget);
	throttle_failed(&daemon->state, daemon->config, &guess);
}

/* Removes the check from the list first: the callback may start another. */
static void
password_finish(struct password_check *check,
    const struct password_answer *answer)
{
	struct password_check **at = &check->daemon->checks, *next;

	while (*at != NULL && *at != check)
		at = &(*at)->next;
	if (*at != NULL)
		*at = check->next;
	for (; check != NULL; check = next) {
		next = check->same;
		password_deliver(check, answer);
		password_free_check(check);
	}
}

/* Ends a check without counting a wrong password.  counted is set all the same,
 * so that authorize() counts none either. */
static void
password_finish_uncounted(struct password_check *check, const char *reason)
{
	const struct password_answer answer = {
		.reason = reason,
		.counted = true,
	};

	password_finish(check, &answer);
}

static void
password_finish_wrong(struct password_check *check, const char *reason)
{
	password_count_failure(check);
	password_finish_uncounted(check, reason);
}

static void
password_finish_right(struct password_check *check, int64_t ticket)
{
	const struct password_answer answer = {
		.right = true,
		.ticket = ticket,
	};

	password_finish(check, &answer);
}

/* --- PAM ------------------------------------------------------------- */

static void
password_pam_cb(void *context, enum pam_result result, int code)
{
	struct password_check *check = context;
	struct daemon *daemon = check->daemon;

	(void)code;
	switch (result) {
	case PAM_ACCEPTED:
		/* only PAM's: it may have been a one-time password */
		recent_password_add(daemon->right, check->tag,
		    clock_boot_seconds() + daemon->config->session_window);
		password_finish_right(check, 0);
		return;
	case PAM_REFUSED:
		password_finish_wrong(check,
		    "PAM refuses the password or the account");
		return;
	case PAM_BROKEN:
		break;
	}
	password_finish_uncounted(check, "PAM did not answer");
}

/* Makes the name that PAM gets.  A bare name with an '@' of its own is refused:
 * modules that know realms would take what follows it for the realm. */
static bool
password_pam_name(const struct config_realm *realm, const struct identity *user,
    char name_r[IDENTITY_MAX + 1])
{
	if (realm->full_name) {
		strcpy(name_r, user->text);
		return true;
	}
	memcpy(name_r, user->text, user->name_length);
	name_r[user->name_length] = '\0';
	return strchr(name_r, '@') == NULL;
}

static void
password_ask_pam(struct password_check *check, const struct config_realm *realm)
{
	struct daemon *daemon = check->daemon;
	struct pam_question question;
	bool asked;

	memset(&question, 0, sizeof(question));
	if (!password_pam_name(realm, &check->user, question.user)) {
		password_finish_wrong(check,
		    "PAM knows no name with an @ in it");
		return;
	}
	strcpy(question.service, daemon->config->pam_service);
	strcpy(question.tty, check->vm);
	strcpy(question.rhost, check->client);
	strcpy(question.password, check->password);
	asked = pam_pool_ask(daemon->pool, &question, password_pam_cb,
	    check) != NULL;
	OPENSSL_cleanse(&question, sizeof(question));
	if (!asked)
		password_finish_uncounted(check, too_busy);
}

/* --- verifiers ------------------------------------------------------- */

/* Starts to compare the password with a verifier, in another thread.  Returns
 * false, and never calls the callback, if too many comparisons wait. */
static bool
password_verify(struct password_check *check, const char *mechanism,
    const struct verifier *verifier, verifier_check_cb *callback)
{
	char prepared[SCRAM_PASSWORD_MAX];
	bool asked;

	/* a text that SASLprep prohibits takes as long as any other: it is
	 * compared as a control character, which no password has (RFC 4013,
	 * section 2.3) */
	if (scram_prepare(check->password, prepared) != ERROR_NONE)
		strcpy(prepared, "\001");
	asked = verifier_check_ask(check->daemon->verify, check->vm, mechanism,
	    prepared, verifier, callback, check) != NULL;
	OPENSSL_cleanse(prepared, sizeof(prepared));
	return asked;
}

static void
password_policy_cb(void *context, bool right)
{
	struct password_check *check = context;

	if (right)
		password_finish_right(check, 0);
	else
		password_finish_wrong(check, wrong_password);
}

/* Finds the user's verifier of the strongest mechanism, or makes a decoy of the
 * strongest mechanism that any user has a verifier of.  A decoy has the shape
 * of other users' verifiers, so that look-ups and PBKDF2 take as long for a
 * user who does not exist. */
static int
password_find_verifier(struct password_check *check, bool vouched,
    const char **mechanism_r, struct verifier *verifier_r)
{
	struct policy_lookup lookup;
	struct verifier decoy;
	bool found = false, shaped = false;
	int rc = ERROR_NONE;

	*mechanism_r = "SCRAM-SHA-256";
	for (size_t i = 0; rc == ERROR_NONE && scram_mechanisms[i] != NULL;
	    i++) {
		const char *mechanism = scram_mechanisms[i];

		rc = policy_lookup(check->daemon->policy, &check->user,
		    mechanism, &lookup);
		if (rc == ERROR_NONE)
			rc = decoy_make(&lookup.decoy, &check->user, mechanism,
			    &decoy);
		if (rc == ERROR_NONE && vouched && lookup.found) {
			*mechanism_r = mechanism;
			*verifier_r = lookup.verifier;
			found = true;
		} else if (rc == ERROR_NONE && !found &&
		    (lookup.decoy.shape_count != 0 || !shaped)) {
			*mechanism_r = mechanism;
			*verifier_r = decoy;
			shaped = lookup.decoy.shape_count != 0;
		}
		OPENSSL_cleanse(&lookup, sizeof(lookup));
	}
	OPENSSL_cleanse(&decoy, sizeof(decoy));
	return rc;
}

static void
password_ask_policy(struct password_check *check, bool vouched)
{
	struct verifier verifier;
	const char *mechanism;

	if (password_find_verifier(check, vouched, &mechanism, &verifier) !=
	    ERROR_NONE)
		password_finish_uncounted(check,
		    "the policy could not be asked");
	else if (!password_verify(check, mechanism, &verifier,
	    password_policy_cb))
		password_finish_uncounted(check, too_busy);
	OPENSSL_cleanse(&verifier, sizeof(verifier));
}

/* --- the way of a check ---------------------------------------------- */

/* A realm that the configuration doesn't name gets a decoy as well. */
static void
password_ask_source(struct password_check *check)
{
	const struct config_realm *realm = config_realm(check->daemon->config,
	    identity_realm(&check->user));

	if (realm != NULL && realm->source == CONFIG_SOURCE_PAM)
		password_ask_pam(check, realm);
	else
		password_ask_policy(check, realm != NULL &&
		    realm->source == CONFIG_SOURCE_POLICY);
}

static void
password_ticket_cb(void *context, bool right)
{
	struct password_check *check = context;

	if (right)
		password_finish_right(check, check->ticket);
	else
		password_ask_source(check);
}

/* A ticket comes before the realm's source: PAM's modules may count its text as
 * a wrong password of the account. */
static void
password_ask_ticket(struct password_check *check)
{
	static const char mechanism[] = "SCRAM-SHA-256";
	struct daemon *daemon = check->daemon;
	const struct ticket_use use = {
		.user = check->user.text,
		.vm = check->vm,
		.client = check->client[0] != '\0' ? check->client : NULL,
		.now = clock_unix_ms() / 1000,
	};
	struct verifier verifier;

	ticket_find(&daemon->state, &use, mechanism,
	    daemon->config->session_window, &check->ticket, &verifier);
	if (check->ticket == 0)
		password_ask_source(check);
	else if (!password_verify(check, mechanism, &verifier,
	    password_ticket_cb))
		password_finish_uncounted(check, too_busy);
	OPENSSL_cleanse(&verifier, sizeof(verifier));
}

/* Joins a check of the same tag, or starts this one. */
static void
password_begin(struct password_check *check)
{
	struct daemon *daemon = check->daemon;
	struct password_check *other = daemon->checks;

	while (other != NULL && memcmp(other->tag, check->tag,
	    sizeof(check->tag)) != 0)
		other = other->next;
	if (other != NULL) {
		check->same = other->same;
		other->same = check;
		return;
	}
	check->next = daemon->checks;
	daemon->checks = check;
	password_ask_ticket(check);
}

static bool
password_fill(struct password_check *check, const struct login *login,
    const char *password)
{
	const char *client = login->what.request.client;
	const struct recent_password_key key = {
		.vm = login->asker->machine.name,
		.user = login->user.text,
		.client = client != NULL ? client : "",
		.password = password,
	};

	if (strlen(password) > BROKER_PASSWORD_MAX)
		return false;
	check->user = login->user;
	strcpy(check->vm, key.vm);
	strcpy(check->client, key.client);
	strcpy(check->password, password);
	return recent_password_tag(check->daemon->right, &key, check->tag) ==
	    ERROR_NONE;
}

void
password_check(struct daemon *daemon, const struct login *login,
    const char *password, password_check_cb *callback, void *context)
{
	static const struct password_answer failed = {
		.reason = "out of memory",
		.counted = true,
	};
	struct password_check *check = calloc(1, sizeof(*check));
	struct authorization authorization;
	struct throttle_key guess;

	if (check == NULL) {
		callback(context, &failed);
		return;
	}
	check->daemon = daemon;
	check->callback = callback;
	check->context = context;
	if (!password_fill(check, login, password)) {
		password_finish_uncounted(check, wrong_password);
		return;
	}
	authorization_evaluate(daemon, login, &authorization);
	check->grantable = authorization_grantable(&authorization);
	check->counts = authorization_counts_failure(&authorization);
	/* the throttle comes first: while it holds, not even a right password
	 * gets an answer of its own */
	guess = password_throttle_key(check);
	if (throttle_locked(&daemon->state, daemon->config, &guess))
		password_finish_uncounted(check, throttle_locked_reason);
	else if (recent_password_has(daemon->right, check->tag,
	    clock_boot_seconds()))
		password_finish_right(check, 0);
	else
		password_begin(check);
}

void
password_check_cancel_all(struct daemon *daemon)
{
	while (daemon->checks != NULL)
		password_finish(daemon->checks, NULL);
}
