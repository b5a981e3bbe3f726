/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* testvmauthz: checks a login as the plugin does, and prints the result in the
 * form of testsaslauthd(8). */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/uuid.h"
#include "policy/policy.h"
#include "scram/scram.h"
#include "tools/cli.h"
#include "tools/password_prompt.h"

/* Exit status.  The order is from good to bad: the worst result counts. */
enum {
	TEST_ALLOWED = 0,
	TEST_REFUSED = 1,
	TEST_UNKNOWN = 2,
};

/* The login that is checked, and the command line as far as it is not in the
 * request, which points into it.  The letters are those of testsaslauthd(8),
 * where it has them. */
struct test_case {
	const char *path, *password_text, *port, *realm, *user_text, *uuid_text;
	bool verbose;
	struct identity user;
	char uuid[UUID_LENGTH + 1];
	char password[SCRAM_PASSWORD_MAX];
	struct request request;
};

static const char usage[] =
    "usage: testvmauthz -u USER [-r REALM] [-p PASSWORD] -m VM [-U UUID]"
    " [-P PORT]\n"
    "                   [-s SERVICE] [-c CN] [-a ADDRESS] [-f FILE] [-v]\n";

/* --- reading the command line -------------------------------------------- */

static bool
test_check_texts(const struct test_case *test)
{
	static const struct cli_request_names names = {
		.vm = "-m: ",
		.cert_cn = "-c: ",
		.client = "-a: ",
		.service = "-s: ",
	};

	if (test->user_text == NULL)
		warnx("-u is missing: whom to ask for");
	else if (test->request.vm.name == NULL)
		warnx("-m is missing: which VM to ask for");
	else
		return cli_check_request(&test->request, &names);
	return false;
}

/* The UUID and port that a VM's process and connection would have. */
static bool
test_read_vm(struct test_case *test)
{
	struct request_vm *vm = &test->request.vm;
	unsigned int port = 0;

	if (test->uuid_text != NULL) {
		if (!uuid_read(test->uuid, test->uuid_text)) {
			warnx("-U: '%s' is not a UUID like " UUID_SHAPE,
			    test->uuid_text);
			return false;
		}
		vm->uuid = test->uuid;
	}
	if (test->port != NULL &&
	    !cli_number("-P", test->port, 1, UINT16_MAX, &port))
		return false;
	vm->port = (uint16_t)port;
	return true;
}

/* "-" reads it from standard input: arguments are seen by everybody in ps(1).
 * One that is too long stays empty here, which is a wrong password, too. */
static bool
test_read_password(const char *text, char password[SCRAM_PASSWORD_MAX])
{
	if (text == NULL)
		return true;
	if (strcmp(text, "-") == 0)
		return password_read("Password: ", false, password);
	if (strlen(text) < SCRAM_PASSWORD_MAX)
		strcpy(password, text);
	return true;
}

/* In this order, so that a password is asked for only when the rest is
 * right. */
static bool
test_read_login(struct test_case *test)
{
	if (!test_check_texts(test) ||
	    !cli_identity(test->user_text, test->realm, &test->user) ||
	    !test_read_vm(test))
		return false;
	test->request.user = &test->user;
	if (test->request.service == NULL)
		test->request.service = "spice";
	return test_read_password(test->password_text, test->password);
}

/* --- checking ------------------------------------------------------------ */

/* Prints why there is no answer.  Neither yes nor no: the plugin would refuse,
 * but not because of the policy's rows. */
static int
test_report_unknown(const char *why)
{
	warnx("%s", why);
	return TEST_UNKNOWN;
}

/* Checks the password with the verifier of one mechanism; sets *found if there
 * is one, and leaves it otherwise. */
static int
test_mechanism(struct policy *policy, const struct test_case *test,
    const char *mechanism, const char *prepared, bool *found)
{
	struct policy_lookup lookup;
	int rc = policy_lookup(policy, &test->user, mechanism, &lookup);
	int status = TEST_ALLOWED;

	if (rc != ERROR_NONE) {
		status = test_report_unknown(policy_detail(policy));
	} else if (lookup.found) {
		*found = true;
		rc = scram_verifier_check(mechanism, prepared,
		    &lookup.verifier);
		if (rc == ERROR_PASSWORD)
			status = TEST_REFUSED;
		else if (rc != ERROR_NONE)
			status = test_report_unknown(error_text(rc));
		if (test->verbose)
			printf("password: %s: %s\n", mechanism,
			    rc == ERROR_NONE ? "right" :
			    rc == ERROR_PASSWORD ? "wrong" :
			    error_text(rc));
	}
	explicit_bzero(&lookup, sizeof(lookup));	/* a verifier */
	return status;
}

/* The password has to be right for every mechanism for which the user has a
 * verifier: which of them a viewer will use is not known here. */
static int
test_mechanisms(struct policy *policy, const struct test_case *test,
    const char *prepared)
{
	int worst = TEST_ALLOWED, status;
	bool found = false;

	for (size_t i = 0; scram_mechanisms[i] != NULL; i++) {
		status = test_mechanism(policy, test, scram_mechanisms[i],
		    prepared, &found);
		if (status > worst)
			worst = status;
	}
	if (worst == TEST_ALLOWED && !found) {
		if (test->verbose)
			printf("password: %s has none in the policy\n",
			    test->user.text);
		worst = TEST_REFUSED;
	}
	return worst;
}

static int
test_password(struct policy *policy, const struct test_case *test)
{
	char prepared[SCRAM_PASSWORD_MAX];
	int rc, status;

	if (test->password_text == NULL)
		return TEST_ALLOWED;
	/* A password that SASLprep refuses is no password of anybody. */
	rc = scram_prepare(test->password, prepared);
	if (rc != ERROR_NONE) {
		if (test->verbose)
			printf("password: %s\n", error_text(rc));
		return TEST_REFUSED;
	}
	status = test_mechanisms(policy, test, prepared);
	explicit_bzero(prepared, sizeof(prepared));
	return status;
}

/* The reasons of an allow and of a deny end in "grant", for its number. */
static void
test_print_decision(const struct test_case *test,
    const struct decision *decision)
{
	const struct request_vm *vm = &test->request.vm;

	printf("policy: %s, VM %s: %s", test->user.text, vm->name,
	    reason_text(decision->reason));
	if (decision->grant != 0)
		printf(decision->reason == REASON_GRANT ||
		    decision->reason == REASON_DENY_GRANT ? " %lld" :
		    " (grant %lld)", (long long)decision->grant);
	if (decision->reason == REASON_VM_MISMATCH &&
	    (vm->uuid == NULL || vm->port == 0))
		fputs(" (the row of the VM sets uuid or spice_port, which are"
		    " compared with -U and -P)", stdout);
	putchar('\n');
}

/* The decision without the password, by the function that the plugin calls. */
static int
test_policy(struct policy *policy, const struct test_case *test)
{
	struct decision decision;

	policy_decide(policy, &test->request, time(NULL), &decision);
	if (decision.verdict == VERDICT_UNKNOWN)
		return test_report_unknown(policy_detail(policy));
	if (test->verbose)
		test_print_decision(test, &decision);
	return decision.verdict == VERDICT_ALLOW ? TEST_ALLOWED :
	    TEST_REFUSED;
}

/* The password is checked also if the decision is no, so that -v shows both. */
static int
test_login(const struct test_case *test, const char *path)
{
	struct policy *policy = NULL;
	int password, decision, worst;

	if (policy_new(&policy, path) != ERROR_NONE)
		return test_report_unknown(error_text(ERROR_MEMORY));
	decision = test_policy(policy, test);
	password = decision == TEST_UNKNOWN ? TEST_UNKNOWN :
	    test_password(policy, test);
	policy_free(&policy);
	/* Unknown outweighs refused, which outweighs allowed. */
	worst = password > decision ? password : decision;
	puts(worst == TEST_ALLOWED ? "0: OK \"Success.\"" :
	    "0: NO \"authentication failed\"");
	/* The error of an unreadable policy is printed already. */
	if (decision != TEST_UNKNOWN)
		cli_warn_readable(path);
	return cli_flush() ? worst : TEST_UNKNOWN;
}

int
main(int argc, char **argv)
{
	struct test_case test = { .verbose = false };
	const struct cli_option options[] = {
		{ .letter = 'a', .values = &test.request.client },
		{ .letter = 'c', .values = &test.request.certificate.cn },
		{ .letter = 'f', .values = &test.path },
		{ .letter = 'm', .values = &test.request.vm.name },
		{ .letter = 'p', .values = &test.password_text },
		{ .letter = 'P', .values = &test.port },
		{ .letter = 'r', .values = &test.realm },
		{ .letter = 's', .values = &test.request.service },
		{ .letter = 'u', .values = &test.user_text },
		{ .letter = 'U', .values = &test.uuid_text },
		{ .letter = 'v', .flag = &test.verbose },
	};
	const struct cli_command command = {
		.usage = usage,
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	int status = TEST_UNKNOWN;

	/* Status 1 would say "refused". */
	if (cli_parse(&command, argc, argv, &status) < 0)
		return status == EXIT_SUCCESS ? status : TEST_UNKNOWN;
	if (!test_read_login(&test))
		return TEST_UNKNOWN;
	status = test_login(&test, test.path != NULL ? test.path :
	    CLI_DEFAULT_POLICY);
	explicit_bzero(&test, sizeof(test));
	return status;
}
