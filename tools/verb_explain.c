/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz explain: why somebody gets in, or doesn't. */

#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy-admin/listing.h"
#include "tools/cli.h"
#include "tools/explanation.h"
#include "tools/json_out.h"
#include "tools/verbs.h"
#include "tools/words.h"

enum {
	STATUS_ALLOWED = 0,
	STATUS_REFUSED = 1,
	STATUS_UNKNOWN = 2,
};

/* The command line, as given. */
struct arguments {
	const char *at, *cert, *cert_cn, *from, *local_user, *realm, *service;
	const char *user, *vm;
	bool json;
};

/* --- reading the command line -------------------------------------------- */

static bool
check_texts(const struct arguments *arguments)
{
	unsigned char address[sizeof(struct in6_addr)];
	const char *from = arguments->from, *service = arguments->service;

	if (arguments->vm[0] == '\0' ||
	    strlen(arguments->vm) > REQUEST_VM_NAME_MAX)
		warnx("a VM's name has 1 to %d octets", REQUEST_VM_NAME_MAX);
	else if (arguments->cert != NULL && arguments->cert_cn != NULL)
		warnx("--cert and --cert-cn: one of them is enough");
	else if (arguments->cert_cn != NULL && arguments->cert_cn[0] == '\0')
		warnx("--cert-cn: a certificate without a name counts as none;"
		    " leave it out");
	else if (from != NULL && inet_pton(AF_INET, from, address) != 1 &&
	    inet_pton(AF_INET6, from, address) != 1)
		warnx("--from: '%s' is not an IPv4 or IPv6 address", from);
	else if (arguments->local_user != NULL &&
	    arguments->local_user[0] == '\0')
		warnx("--local-user: an account has a name");
	else if (service != NULL && strcmp(service, "spice") != 0 &&
	    strcmp(service, "vnc") != 0)
		warnx("--service: '%s' is neither spice nor vnc", service);
	else
		return true;
	return false;
}

static bool
read_certificate(const struct arguments *arguments, struct question *question)
{
	struct request_certificate *certificate =
	    &question->request.certificate;
	struct cert_facts *facts = &question->facts;
	const char *wrong;

	certificate->cn = arguments->cert_cn;
	if (arguments->cert == NULL)
		return true;
	wrong = cert_file_read(arguments->cert, question->at, facts);
	if (wrong != NULL) {
		warnx("%s: %s", arguments->cert, wrong);
		return false;
	}
	for (size_t i = 0; i < facts->name_count; i++)
		question->names[i] = facts->names[i];
	question->certificate_read = true;
	certificate->cn = facts->cn[0] != '\0' ? facts->cn : NULL;
	certificate->names = question->names;
	certificate->name_count = facts->name_count;
	certificate->sha256 = facts->sha256;
	return true;
}

static bool
read_question(const struct arguments *arguments, struct question *question)
{
	struct request *request = &question->request;
	struct moment now;

	if (!check_texts(arguments) || !cli_identity(arguments->user,
	    arguments->realm, &question->user) ||
	    !cli_time("--at", arguments->at, &question->at))
		return false;
	moment_set(&now, question->at);
	strcpy(question->utc, now.utc);
	request->user = &question->user;
	request->vm.name = arguments->vm;
	request->vm.by_name_alone = true;
	request->service = arguments->service != NULL ? arguments->service :
	    "spice";
	request->client = arguments->from;
	request->local_user = arguments->local_user;
	if (arguments->local_user != NULL)
		request->local = REQUEST_LOCAL_ACCOUNT;
	return read_certificate(arguments, question);
}

/* --- for people ----------------------------------------------------------- */

/* An allow without a service is for spice, which is worth a word where that
 * is what speaks against it. */
static const char *
shown_value(const struct explained_grant *grant, int kind)
{
	if (grant->value[kind] == NULL && kind == CONDITION_SERVICE &&
	    !grant->deny && grant->verdict.condition[kind] != CONDITION_MET)
		return "spice";
	return grant->value[kind];
}

static void
print_condition(const struct explained_grant *grant, int kind,
    const struct question *question)
{
	enum condition_result state = grant->verdict.condition[kind];
	char detail[WORDS_MAX];

	words_detail(detail, (enum condition_kind)kind,
	    shown_value(grant, kind), state, question);
	printf("\t%s ", condition_name((enum condition_kind)kind));
	words_print(stdout, shown_value(grant, kind));
	printf(": %s, %s", words_state(state), grant->deny &&
	    state == CONDITION_UNKNOWN ? "which a deny takes for met, " : "");
	words_print(stdout, detail);
	putchar('\n');
}

static void
print_grant(const struct explained_grant *grant,
    const struct question *question)
{
	const struct decide_match *verdict = &grant->verdict;

	printf("grant %" PRId64 ": %s ", grant->id,
	    grant->deny ? "deny" : "allow");
	words_print(stdout, grant->who);
	putchar(' ');
	words_print(stdout, grant->vm);
	puts(!verdict->good ? ": makes no sense" :
	    verdict->applies ? ": applies" : ": does not apply");
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (shown_value(grant, i) != NULL)
			print_condition(grant, i, question);
	}
}

static void
print_hint(enum reason reason, const struct question *question,
    const char *path)
{
	char nearest[IDENTITY_MAX + 1] = "";

	if (reason == REASON_USER_UNKNOWN)
		listing_nearest(path, LISTING_USER, question->user.text,
		    nearest);
	else if (reason == REASON_VM_UNKNOWN)
		listing_nearest(path, LISTING_VM, question->request.vm.name,
		    nearest);
	if (nearest[0] == '\0')
		return;
	fputs("perhaps you mean ", stdout);
	words_print(stdout, nearest);
	putchar('\n');
}

static void
print_explanation(const struct explanation *explanation,
    const struct question *question, const char *path)
{
	const struct decision *decision = &explanation->decision;

	words_print_verdict(stdout, decision->verdict == VERDICT_ALLOW,
	    reason_text(decision->reason), decision->grant);
	putchar('\n');
	words_print(stdout, question->user.text);
	fputs(", VM ", stdout);
	words_print(stdout, question->request.vm.name);
	printf(", %s, %s UTC\n", question->request.service, question->utc);
	print_hint(decision->reason, question, path);
	if (explanation->count == 0)
		puts("no grant is about them");
	for (size_t i = 0; i < explanation->count; i++)
		print_grant(&explanation->grants[i], question);
}

/* --- for programs --------------------------------------------------------- */

static json_object *
json_conditions(const struct explained_grant *grant,
    const struct question *question)
{
	json_object *list = json_list(), *entry;
	char detail[WORDS_MAX];

	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum condition_kind kind = (enum condition_kind)i;
		enum condition_result state = grant->verdict.condition[i];

		if (shown_value(grant, i) == NULL)
			continue;
		words_detail(detail, kind, shown_value(grant, i), state,
		    question);
		entry = json_map();
		json_put_text(entry, "name", condition_name(kind));
		json_put_text(entry, "value", shown_value(grant, i));
		json_put_text(entry, "state", words_state(state));
		json_put_text(entry, "detail", detail);
		json_append(list, entry);
	}
	return list;
}

static json_object *
json_grants(const struct explanation *explanation,
    const struct question *question)
{
	json_object *list = json_list(), *entry;

	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		entry = json_map();
		json_put_number(entry, "id", grant->id);
		json_put_text(entry, "effect", grant->deny ? "deny" : "allow");
		json_put_text(entry, "who", grant->who);
		json_put_text(entry, "vm", grant->vm);
		json_put_bool(entry, "applies", grant->verdict.applies);
		json_put(entry, "conditions",
		    json_conditions(grant, question));
		json_append(list, entry);
	}
	return list;
}

static void
print_json(const struct explanation *explanation,
    const struct question *question)
{
	static const char *const verdicts[] = {
		[VERDICT_DENY] = "deny",
		[VERDICT_ALLOW] = "allow",
		[VERDICT_UNKNOWN] = "unknown",
	};
	const struct decision *decision = &explanation->decision;
	json_object *answer = json_map();

	json_put_text(answer, "verdict", verdicts[decision->verdict]);
	json_put_text(answer, "reason", reason_text(decision->reason));
	json_put_number(answer, "grant", decision->grant);
	json_put_text(answer, "user", question->user.text);
	json_put_text(answer, "vm", question->request.vm.name);
	json_put_text(answer, "service", question->request.service);
	json_put_text(answer, "at", question->utc);
	json_put(answer, "grants", json_grants(explanation, question));
	json_print(answer);
}

/* --- asking ---------------------------------------------------------------- */

static int
answer(const struct arguments *arguments, const struct question *question,
    const struct explanation *explanation, const char *path)
{
	enum verdict outcome = explanation->decision.verdict;

	if (arguments->json)
		print_json(explanation, question);
	else if (outcome != VERDICT_UNKNOWN)
		print_explanation(explanation, question, path);
	if (!cli_flush() || outcome == VERDICT_UNKNOWN)
		return STATUS_UNKNOWN;
	return outcome == VERDICT_ALLOW ? STATUS_ALLOWED : STATUS_REFUSED;
}

static int
explain(const struct arguments *arguments, struct question *question,
    const char *path)
{
	struct explanation explanation;
	struct policy *policy = NULL;
	int status;

	question->zones = zone_cache_new();
	if (question->zones == NULL || policy_new(&policy, path) != ERROR_NONE)
		err(STATUS_UNKNOWN, NULL);
	explanation_ask(&explanation, policy, &question->request,
	    question->at);
	if (explanation.decision.verdict == VERDICT_UNKNOWN)
		warnx("%s", policy_detail(policy));
	status = answer(arguments, question, &explanation, path);
	explanation_clear(&explanation);
	policy_free(&policy);
	zone_cache_free(&question->zones);
	return status;
}

/* Options may stand before USER and behind VM. */
static bool
parse(struct arguments *arguments, int argc, char **argv, int *status_r)
{
	const struct cli_option options[] = {
		{ .name = "at", .values = &arguments->at, .room = 1 },
		{ .name = "cert", .values = &arguments->cert, .room = 1 },
		{ .name = "cert-cn", .values = &arguments->cert_cn,
		    .room = 1 },
		{ .name = "from", .values = &arguments->from, .room = 1 },
		{ .name = "json", .flag = &arguments->json },
		{ .name = "local-user", .values = &arguments->local_user,
		    .room = 1 },
		{ .letter = 'r', .name = "realm", .values = &arguments->realm,
		    .room = 1 },
		{ .name = "service", .values = &arguments->service,
		    .room = 1 },
	};
	struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] explain USER VM [-r REALM]"
		    " [--at TIME] [--cert FILE | --cert-cn CN]\n"
		    "           [--from ADDRESS] [--local-user NAME]"
		    " [--service spice|vnc] [--json]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
		.operand = "USER",
		.verb = true,
	};
	int user = cli_parse(&command, argc, argv, status_r), vm = user + 1;

	if (user < 0)
		return false;
	*status_r = CLI_USAGE;
	if (vm >= argc || argv[vm][0] == '-') {
		warnx("VM is missing behind USER; see --help");
		return false;
	}
	arguments->user = argv[user];
	arguments->vm = argv[vm];
	command.operand = NULL;
	command.verb = false;
	return cli_parse(&command, argc - vm, argv + vm, status_r) >= 0;
}

int
verb_explain(const char *path, int argc, char **argv)
{
	struct arguments arguments = { .json = false };
	struct question question = { .zones = NULL };
	int status;

	if (!parse(&arguments, argc, argv, &status))
		return status;
	if (!read_question(&arguments, &question))
		return CLI_USAGE;
	return explain(&arguments, &question, path);
}
