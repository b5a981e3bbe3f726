/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* testvmauthz: what the plugin would answer, as testsaslauthd(8) says it. */

#include <arpa/inet.h>
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

enum {
	STATUS_ALLOWED = 0,
	STATUS_REFUSED = 1,
	STATUS_UNKNOWN = 2,
};

/* The command line, as given. */
struct arguments {
	const char *address, *cert_cn, *path, *vm, *password, *port, *realm;
	const char *service, *user, *uuid;
	bool verbose;
};

struct question {
	const struct arguments *arguments;
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
check_required(const struct arguments *arguments)
{
	if (arguments->user == NULL)
		warnx("-u is missing: whom to ask for");
	else if (arguments->vm == NULL)
		warnx("-m is missing: which VM to ask for");
	else
		return true;
	return false;
}

static bool
check_texts(const struct arguments *arguments)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (arguments->vm[0] == '\0' ||
	    strlen(arguments->vm) > REQUEST_VM_NAME_MAX)
		warnx("-m: a VM's name has 1 to %d octets", REQUEST_VM_NAME_MAX);
	else if (arguments->cert_cn != NULL && arguments->cert_cn[0] == '\0')
		warnx("-c: a certificate without a name counts as none;"
		    " leave it out");
	else if (arguments->address != NULL &&
	    inet_pton(AF_INET, arguments->address, address) != 1 &&
	    inet_pton(AF_INET6, arguments->address, address) != 1)
		warnx("-a: '%s' is not an IPv4 or IPv6 address",
		    arguments->address);
	else if (arguments->service != NULL &&
	    strcmp(arguments->service, "spice") != 0 &&
	    strcmp(arguments->service, "vnc") != 0)
		warnx("-s: '%s' is neither spice nor vnc",
		    arguments->service);
	else
		return true;
	return false;
}

static bool
read_vm(const struct arguments *arguments, struct question *question)
{
	struct request_vm *vm = &question->request.vm;
	unsigned int port = 0;

	vm->name = arguments->vm;
	if (arguments->uuid != NULL) {
		if (!uuid_read(question->uuid, arguments->uuid)) {
			warnx("-U: '%s' is not a UUID like " UUID_SHAPE,
			    arguments->uuid);
			return false;
		}
		vm->uuid = question->uuid;
	}
	if (arguments->port != NULL &&
	    !cli_number("-P", arguments->port, 1, UINT16_MAX, &port))
		return false;
	vm->port = (uint16_t)port;
	return true;
}

/* One that is too long is a wrong password like any other. */
static bool
read_password(const char *text, char password[SCRAM_PASSWORD_MAX])
{
	if (text == NULL)
		return true;
	if (strcmp(text, "-") == 0)
		return password_read("Password: ", false, password);
	if (strlen(text) < SCRAM_PASSWORD_MAX)
		strcpy(password, text);
	return true;
}

static bool
read_question(const struct arguments *arguments, struct question *question)
{
	question->arguments = arguments;
	question->request.user = &question->user;
	question->request.certificate.cn = arguments->cert_cn;
	question->request.client = arguments->address;
	question->request.service = arguments->service != NULL ?
	    arguments->service : "spice";
	return check_required(arguments) && check_texts(arguments) &&
	    cli_identity(arguments->user, arguments->realm, &question->user) &&
	    read_vm(arguments, question) &&
	    read_password(arguments->password, question->password);
}

/* --- asking -------------------------------------------------------------- */

static int
cannot_tell(const char *why)
{
	warnx("%s", why);
	return STATUS_UNKNOWN;
}

/* Against the verifier of one mechanism, if there is one. */
static int
try_mechanism(struct policy *policy, const struct question *question,
    const char *mechanism, const char *prepared, bool *found)
{
	struct policy_lookup lookup;
	int rc = policy_lookup(policy, &question->user, mechanism, &lookup);
	int status = STATUS_ALLOWED;

	if (rc != ERROR_NONE) {
		status = cannot_tell(policy_detail(policy));
	} else if (lookup.found) {
		*found = true;
		rc = scram_verifier_check(mechanism, prepared,
		    &lookup.verifier);
		if (rc == ERROR_PASSWORD)
			status = STATUS_REFUSED;
		else if (rc != ERROR_NONE)
			status = cannot_tell(error_text(rc));
		if (question->arguments->verbose)
			printf("password: %s: %s\n", mechanism,
			    rc == ERROR_NONE ? "right" :
			    rc == ERROR_PASSWORD ? "wrong" :
			    error_text(rc));
	}
	explicit_bzero(&lookup, sizeof(lookup));
	return status;
}

/* Right for every mechanism that he has a verifier for: which of them a
 * viewer will use is not known here. */
static int
try_mechanisms(struct policy *policy, const struct question *question,
    const char *prepared)
{
	int worst = STATUS_ALLOWED, status;
	bool found = false;

	for (size_t i = 0; scram_mechanisms[i] != NULL; i++) {
		status = try_mechanism(policy, question, scram_mechanisms[i],
		    prepared, &found);
		if (status > worst)
			worst = status;
	}
	if (worst == STATUS_ALLOWED && !found) {
		if (question->arguments->verbose)
			printf("password: %s has none in the policy\n",
			    question->user.text);
		worst = STATUS_REFUSED;
	}
	return worst;
}

static int
try_password(struct policy *policy, const struct question *question)
{
	char prepared[SCRAM_PASSWORD_MAX];
	int rc, status;

	if (question->arguments->password == NULL)
		return STATUS_ALLOWED;
	rc = scram_prepare(question->password, prepared);
	if (rc != ERROR_NONE) {
		if (question->arguments->verbose)
			printf("password: %s\n", error_text(rc));
		return STATUS_REFUSED;
	}
	status = try_mechanisms(policy, question, prepared);
	explicit_bzero(prepared, sizeof(prepared));
	return status;
}

static void
explain(const struct question *question,
    const struct decision *decision)
{
	const struct request_vm *vm = &question->request.vm;

	printf("policy: %s, VM %s: %s", question->user.text, vm->name,
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

static int
decide(struct policy *policy, const struct question *question)
{
	struct decision decision;

	policy_decide(policy, &question->request, time(NULL), &decision);
	if (decision.verdict == VERDICT_UNKNOWN)
		return cannot_tell(policy_detail(policy));
	if (question->arguments->verbose)
		explain(question, &decision);
	return decision.verdict == VERDICT_ALLOW ? STATUS_ALLOWED :
	    STATUS_REFUSED;
}

static int
ask(const struct question *question, const char *path)
{
	struct policy *policy = NULL;
	int password, decision, worst;

	if (policy_new(&policy, path) != ERROR_NONE)
		return cannot_tell(error_text(ERROR_MEMORY));
	decision = decide(policy, question);
	password = decision == STATUS_UNKNOWN ? STATUS_UNKNOWN :
	    try_password(policy, question);
	policy_free(&policy);
	worst = password > decision ? password : decision;
	puts(worst == STATUS_ALLOWED ? "0: OK \"Success.\"" :
	    "0: NO \"authentication failed\"");
	if (decision != STATUS_UNKNOWN)
		cli_warn_readable(path);
	return cli_flush() ? worst : STATUS_UNKNOWN;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { .verbose = false };
	const struct cli_option options[] = {
		{ .letter = 'a', .values = &arguments.address, .room = 1 },
		{ .letter = 'c', .values = &arguments.cert_cn, .room = 1 },
		{ .letter = 'f', .values = &arguments.path, .room = 1 },
		{ .letter = 'm', .values = &arguments.vm, .room = 1 },
		{ .letter = 'p', .values = &arguments.password, .room = 1 },
		{ .letter = 'P', .values = &arguments.port, .room = 1 },
		{ .letter = 'r', .values = &arguments.realm, .room = 1 },
		{ .letter = 's', .values = &arguments.service, .room = 1 },
		{ .letter = 'u', .values = &arguments.user, .room = 1 },
		{ .letter = 'U', .values = &arguments.uuid, .room = 1 },
		{ .letter = 'v', .flag = &arguments.verbose },
	};
	const struct cli_command command = {
		.usage = usage,
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};
	struct question question = { .uuid = "" };
	int status = STATUS_UNKNOWN;

	if (cli_parse(&command, argc, argv, &status) < 0)
		return status == EXIT_SUCCESS ? status : STATUS_UNKNOWN;
	if (!read_question(&arguments, &question))
		return STATUS_UNKNOWN;
	status = ask(&question, arguments.path != NULL ? arguments.path :
	    CLI_DEFAULT_POLICY);
	explicit_bzero(&question, sizeof(question));
	return status;
}
